// sendEmail, the error of an inactive recipient
// 422 POST api.postmarkapp.com/email ~gone@ {"ErrorCode":406,"Message":"inactive recipient"}
// 200 POST api.postmarkapp.com/email {"To":"jo@example.com","MessageID":"m1","ErrorCode":0,"Message":"OK"}
import { ServerClient } from "postmark";

const client = new ServerClient(event.secrets.TOKEN);
console.log((await client.sendEmail({ From: "hello@example.com", To: event.user.email, Subject: "Wëlcome", TextBody: "Hello" })).MessageID);
await client.sendEmail({ From: "hello@example.com", To: "gone@example.com", Subject: "x", TextBody: "y" }).catch((error) => console.log(error.name, error.statusCode, error.message));
