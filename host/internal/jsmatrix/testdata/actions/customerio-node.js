// identify, track, and a mail by the app's API
// 200 POST api.customer.io/v1/send/email {"delivery_id":"d1"}
import { APIClient, RegionUS, SendEmailRequest, TrackClient } from "customerio-node";

const track = new TrackClient("site", event.secrets.TOKEN, { region: RegionUS });
await track.identify(event.user.user_id, { email: event.user.email, plan: "free" });
await track.track(event.user.user_id, { name: "signed up", data: { via: "usher" } });
const api = new APIClient(event.secrets.TOKEN, { region: RegionUS });
console.log(await api.sendEmail(new SendEmailRequest({ to: event.user.email, transactional_message_id: "1", identifiers: { id: event.user.user_id }, message_data: { a: 1 } })));
