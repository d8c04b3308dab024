// contacts.create, events.create
// 200 POST api.intercom.io/contacts {"type":"contact","id":"c1","role":"user"}
// 202 POST api.intercom.io/events
import { IntercomClient } from "intercom-client";

const intercom = new IntercomClient({ token: event.secrets.TOKEN });
console.log((await intercom.contacts.create({ external_id: event.user.user_id, email: event.user.email })).id);
await intercom.events.create({ event_name: "signed up", created_at: 1700000000, user_id: event.user.user_id });
