// users.messages.send
// 200 POST gmail.googleapis.com/gmail/v1/users/me/messages/send {"id":"m1"}
import { auth, gmail } from "@googleapis/gmail";

const client = new auth.OAuth2();
client.setCredentials({ access_token: event.secrets.TOKEN });
const raw = Buffer.from(`To: ${event.user.email}\r\nSubject: Welcome\r\n\r\nHello`).toString("base64url");
console.log((await gmail({ version: "v1", auth: client }).users.messages.send({ userId: "me", requestBody: { raw } })).data.id);
