// sign a request, and send it by https
// 200 POST sqs.us-east-1.amazonaws.com {"MessageId":"m1"}
import aws4 from "aws4";
import https from "https";

const signed = aws4.sign({ host: "sqs.us-east-1.amazonaws.com", path: "/1/users?Action=SendMessage", method: "POST", body: "a=1", headers: { "X-Amz-Date": "20260101T000000Z" } }, { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" });
console.log(signed.headers.Authorization);
console.log(await new Promise((resolve, reject) => https.request(signed, (answer) => { answer.resume(); resolve(answer.statusCode); }).on("error", reject).end(signed.body)));
