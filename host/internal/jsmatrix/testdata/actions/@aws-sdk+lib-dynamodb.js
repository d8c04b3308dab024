// DynamoDBDocumentClient: GetCommand, PutCommand
// 200 POST dynamodb.eu-central-1.amazonaws.com ~"Item" {}
// 200 POST dynamodb.eu-central-1.amazonaws.com {"Item":{"id":{"S":"1"},"tags":{"L":[{"S":"a"}]},"n":{"N":"7"}}}
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

const db = DynamoDBDocumentClient.from(new DynamoDBClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } }), { marshallOptions: { removeUndefinedValues: true } });
await db.send(new PutCommand({ TableName: "users", Item: { id: event.user.user_id, tags: ["a"], gone: undefined, n: 1 } }));
console.log((await db.send(new GetCommand({ TableName: "users", Key: { id: "1" } }))).Item);
