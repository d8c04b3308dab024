// send a mail, the error of a refused one
// 202 POST /sendgrid/ [X-Message-Id: m1]
import sendgrid from "@sendgrid/mail";
import { Client } from "@sendgrid/client";

const client = new Client();
sendgrid.setClient(client);
sendgrid.setApiKey(`SG.${event.secrets.TOKEN}`);
client.setDefaultRequest("baseUrl", `${event.secrets.URL}/sendgrid/`);
const mail = { to: event.user.email, from: "hello@example.com", subject: "Welcome", text: "Hello Jö", html: "<b>Hello Jö</b>" };
const [answer] = await sendgrid.send(mail);
console.log(answer.statusCode, answer.headers["x-message-id"]);
client.setDefaultRequest("baseUrl", `${event.secrets.URL}/missing/`);
await sendgrid.send(mail).catch((error) => console.log(error.code, error.message, error.response.body));
