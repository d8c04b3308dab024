// track with a callback, people.set
// 200 GET /track 1
// 200 GET /engage 1
import Mixpanel from "mixpanel";
import { promisify } from "util";

const { host } = new URL(event.secrets.URL);
const mixpanel = Mixpanel.init(event.secrets.TOKEN, { host, protocol: "http", keepAlive: false });
await promisify(mixpanel.track.bind(mixpanel))("Signed Up", { distinct_id: event.user.user_id, time: 1700000000, $insert_id: "m1" });
await new Promise((resolve) => mixpanel.people.set(event.user.user_id, { $email: event.user.email }, resolve));
console.log("sent");
