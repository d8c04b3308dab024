// email.send, the error of a refused one
// 422 POST api.mailersend.com/v1/email ~nobody {"message":"invalid"}
// 202 POST api.mailersend.com/v1/email [X-Message-Id: m1]
import { EmailParams, MailerSend, Recipient, Sender } from "mailersend";

const client = new MailerSend({ apiKey: event.secrets.TOKEN });
const mail = (to) => new EmailParams().setFrom(new Sender("hello@example.com", "Usher")).setTo([new Recipient(to, "Jo")]).setSubject("Welcome").setText("Hello");
console.log((await client.email.send(mail(event.user.email))).statusCode);
await client.email.send(mail("nobody")).catch((error) => console.log(error.statusCode, error.body));
