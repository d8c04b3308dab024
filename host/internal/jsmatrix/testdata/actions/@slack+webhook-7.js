// send in the background and awaited, the error of a 404
// 200 POST /slack ok
import { IncomingWebhook } from "@slack/webhook-7";

const webhook = new IncomingWebhook(`${event.secrets.URL}/slack`);
const answer = await webhook.send({ text: `New user: ${event.user.email}`, username: "usher" });
console.log(answer);
await new IncomingWebhook(`${event.secrets.URL}/missing`).send("gone").catch((error) => console.log(error.code, error.message));
webhook.send("not awaited");
