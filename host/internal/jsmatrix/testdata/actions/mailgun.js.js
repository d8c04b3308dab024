// messages.create as a form, the error of a wrong key
// 401 GET api.mailgun.net/v3/domains {"message":"Forbidden"}
// 401 GET api.mailgun.net/v4/domains {"message":"Forbidden"}
// 200 POST api.mailgun.net/v3/mg.example.com/messages {"id":"<m1>","message":"Queued"}
import Mailgun from "mailgun.js";
import FormData from "form-data";

const mailgun = new Mailgun(FormData).client({ username: "api", key: event.secrets.TOKEN });
console.log((await mailgun.messages.create("mg.example.com", { from: "hello@example.com", to: [event.user.email], subject: "Wëlcome", text: "Hello" })).message);
await mailgun.domains.list().catch((error) => console.log(error.status, error.message, error.details));
