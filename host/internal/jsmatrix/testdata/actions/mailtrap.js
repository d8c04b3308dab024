// send
// 200 POST send.api.mailtrap.io/api/send {"success":true,"message_ids":["m1"]}
import { MailtrapClient } from "mailtrap";

const client = new MailtrapClient({ token: event.secrets.TOKEN });
console.log(await client.send({ from: { email: "hello@example.com" }, to: [{ email: event.user.email }], subject: "Welcome", text: "Hello" }));
