// track, identify, flush
// 200 POST api2.amplitude.com/2/httpapi {"code":200,"events_ingested":2}
import { Identify, createInstance } from "@amplitude/analytics-node";

const amplitude = createInstance();
await amplitude.init(event.secrets.TOKEN, { flushIntervalMillis: 5 }).promise;
const done = [amplitude.track("signed up", { via: "usher" }, { user_id: event.user.user_id }), amplitude.identify(new Identify().set("plan", "free"), { user_id: event.user.user_id })];
await amplitude.flush().promise;
console.log((await Promise.all(done.map((d) => d.promise))).map((r) => r.code));
