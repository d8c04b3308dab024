// messages.create with a callback
// 201 POST rest.messagebird.com/messages {"id":"m1","recipients":{"totalCount":1}}
import { initClient } from "messagebird";

const client = initClient(event.secrets.TOKEN);
console.log((await new Promise((resolve, reject) => client.messages.create({ originator: "Usher", recipients: ["31612345678"], body: "Hello" }, (error, sent) => (error ? reject(error) : resolve(sent))))).id);
