// PutItemCommand, the error of a table that is not there
// 400 POST dynamodb.eu-central-1.amazonaws.com ~"none" {"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no such table"}
// 200 POST dynamodb.eu-central-1.amazonaws.com {}
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";

const db = new DynamoDBClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log((await db.send(new PutItemCommand({ TableName: "users", Item: { id: { S: event.user.user_id }, n: { N: "1" } } }))).$metadata.httpStatusCode);
await db.send(new PutItemCommand({ TableName: "none", Item: { id: { S: "1" } } })).catch((error) => console.log(error.name, error.message));
