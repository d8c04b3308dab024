// sign a request of a fixed time, and send one
// 201 POST /users {"id":"1","ok":true}
import { AwsClient } from "aws4fetch";

const aws = new AwsClient({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", region: "eu-central-1", service: "sqs", retries: 0 });
const signed = await aws.sign("https://sqs.eu-central-1.amazonaws.com/1/users?Action=SendMessage", { method: "POST", body: "a=1", aws: { datetime: "20260101T000000Z" } });
console.log(signed.headers.get("authorization"));
console.log((await aws.fetch(`${event.secrets.URL}/users`, { method: "POST", body: JSON.stringify({ id: event.user.user_id }), headers: { "content-type": "application/json" } })).status);
