// PutObjectCommand, GetObjectCommand, the error of a key that is not there
// 404 GET /none.json <Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>
// 200 GET /a.json {"id":1}
// 200 PUT /a.json [ETag: "e1"]
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const s3 = new S3Client({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log((await s3.send(new PutObjectCommand({ Bucket: "users", Key: "a.json", Body: JSON.stringify(event.user), ContentType: "application/json" }))).ETag);
console.log(await (await s3.send(new GetObjectCommand({ Bucket: "users", Key: "a.json" }))).Body.transformToString());
await s3.send(new GetObjectCommand({ Bucket: "users", Key: "none.json" })).catch((error) => console.log(error.name, error.message));
