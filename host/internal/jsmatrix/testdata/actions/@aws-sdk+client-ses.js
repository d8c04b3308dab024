// SendEmailCommand, the error of a refused mail
// 400 POST email.eu-central-1.amazonaws.com ~nobody <ErrorResponse><Error><Type>Sender</Type><Code>MessageRejected</Code><Message>not verified</Message></Error><RequestId>r1</RequestId></ErrorResponse>
// 200 POST email.eu-central-1.amazonaws.com <SendEmailResponse><SendEmailResult><MessageId>m1</MessageId></SendEmailResult></SendEmailResponse>
import { SESClient, SendEmailCommand } from "@aws-sdk/client-ses";

const ses = new SESClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
const mail = (to) => new SendEmailCommand({ Source: "hello@example.com", Destination: { ToAddresses: [to] }, Message: { Subject: { Data: "Wëlcome" }, Body: { Text: { Data: "Hello" } } } });
console.log((await ses.send(mail(event.user.email))).MessageId);
await ses.send(mail("nobody")).catch((error) => console.log(error.name, error.message, error.$metadata.httpStatusCode));
