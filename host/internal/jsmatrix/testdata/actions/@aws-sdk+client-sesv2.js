// SendEmailCommand
// 200 POST email.us-east-1.amazonaws.com/v2/email/outbound-emails {"MessageId":"m1"}
import { SESv2Client, SendEmailCommand } from "@aws-sdk/client-sesv2";

const ses = new SESv2Client({ region: "us-east-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log((await ses.send(new SendEmailCommand({ FromEmailAddress: "hello@example.com", Destination: { ToAddresses: [event.user.email] }, Content: { Simple: { Subject: { Data: "Welcome" }, Body: { Text: { Data: "Hello" } } } } }))).MessageId);
