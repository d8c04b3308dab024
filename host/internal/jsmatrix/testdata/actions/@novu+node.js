// subscribers.identify, trigger
// 201 POST api.novu.co/v1/events/trigger {"data":{"acknowledged":true,"status":"processed"}}
import { Novu } from "@novu/node";

const novu = new Novu(event.secrets.TOKEN);
console.log((await novu.subscribers.identify(event.user.user_id, { email: event.user.email })).status);
console.log((await novu.trigger("welcome", { to: { subscriberId: event.user.user_id }, payload: { name: "Jö" } })).data);
