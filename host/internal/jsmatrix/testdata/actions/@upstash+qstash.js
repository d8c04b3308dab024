// publishJSON, a signature's verification
// 201 POST qstash.upstash.io/v2/publish {"messageId":"m1"}
import { Client, Receiver } from "@upstash/qstash";

const client = new Client({ baseUrl: "https://qstash.upstash.io", token: event.secrets.TOKEN });
console.log((await client.publishJSON({ url: "https://example.com/hook", body: { id: event.user.user_id } })).messageId);
await new Receiver({ currentSigningKey: "a", nextSigningKey: "b" }).verify({ signature: "no", body: "{}" }).catch((error) => console.log(error.name));
