// post("send"), the error of a refused mail
// 400 POST /v3.1/send ~nobody {"Messages":[{"Status":"error","Errors":[{"ErrorCode":"mj-0013"}]}]}
// 200 POST /v3.1/send {"Messages":[{"Status":"success"}]}
import Mailjet from "node-mailjet";

const mailjet = Mailjet.apiConnect("key", event.secrets.TOKEN);
const mail = (to) => ({ Messages: [{ From: { Email: "hello@example.com" }, To: [{ Email: to }], Subject: "Wëlcome", TextPart: "Hello" }] });
console.log((await mailjet.post("send", { version: "v3.1" }).request(mail(event.user.email))).body.Messages[0].Status);
await mailjet.post("send", { version: "v3.1" }).request(mail("nobody")).catch((error) => console.log(error.statusCode, error.message));
