// pushMessage, validateSignature
// 200 POST api.line.me/v2/bot/message/push {"sentMessages":[{"id":"1","quoteToken":"q"}]}
import { messagingApi, validateSignature } from "@line/bot-sdk";

const client = new messagingApi.MessagingApiClient({ channelAccessToken: event.secrets.TOKEN });
console.log((await client.pushMessage({ to: "U1", messages: [{ type: "text", text: "Hello" }] })).sentMessages[0].id);
console.log(validateSignature("{}", "secret", "AAAA"));
