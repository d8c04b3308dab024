// messages.create
// 202 POST api.plivo.com/v1/Account/MAXX/Message/ {"message":"queued","message_uuid":["m1"],"api_id":"a1"}
import { Client } from "plivo";

const client = new Client("MAXX", event.secrets.TOKEN);
console.log((await client.messages.create({ src: "+14150000000", dst: "+14150000001", text: "Hello" })).messageUuid);
