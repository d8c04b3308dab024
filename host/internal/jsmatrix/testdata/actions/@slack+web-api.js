// chat.postMessage, the error of a refused call
// 200 POST /slack-api/chat.postMessage {"ok":true,"ts":"1.2"}
// 200 POST /slack-api/ {"ok":false,"error":"user_not_found"}
import { WebClient } from "@slack/web-api";

const slack = new WebClient(event.secrets.TOKEN, { slackApiUrl: `${event.secrets.URL}/slack-api/` });
const sent = await slack.chat.postMessage({ channel: "C1", text: `New user: ${event.user.email}` });
console.log(sent.ok, sent.ts);
await slack.users.info({ user: "U1" }).catch((error) => console.log(error.code, error.data.error));
