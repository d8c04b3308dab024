// send
// 200 POST rest.nexmo.com/sms/json {"message-count":"1","messages":[{"to":"1","message-id":"m1","status":"0"}]}
import { SMS } from "@vonage/sms";
import { Auth } from "@vonage/auth";

const sms = new SMS(new Auth({ apiKey: "key", apiSecret: event.secrets.TOKEN }));
const sent = await sms.send({ to: "447700900000", from: "Usher", text: "Hello" });
console.log(sent.messages[0].status);
