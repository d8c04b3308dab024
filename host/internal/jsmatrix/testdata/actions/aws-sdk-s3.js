// version 2 by its clients: S3.putObject and a signed URL, DynamoDB.DocumentClient.put
// 200 PUT users.s3.amazonaws.com/a.json
// 200 POST dynamodb.eu-west-1.amazonaws.com {}
import S3 from "aws-sdk/clients/s3.js";
import DynamoDB from "aws-sdk/clients/dynamodb.js";

const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const s3 = new S3({ region: "us-east-1", ...keys });
await s3.putObject({ Bucket: "users", Key: "a.json", Body: JSON.stringify(event.user), ContentType: "application/json" }).promise();
console.log(s3.getSignedUrl("getObject", { Bucket: "users", Key: "a.json", Expires: 60 }).split("?")[0]);
await new DynamoDB.DocumentClient({ region: "eu-west-1", ...keys }).put({ TableName: "users", Item: { id: 1, tags: ["a"] } }).promise();
