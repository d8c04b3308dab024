// logEvent, flush
// 200 POST api2.amplitude.com/2/httpapi {"code":200,"events_ingested":1}
import * as Amplitude from "@amplitude/node";

const client = Amplitude.init(event.secrets.TOKEN);
client.logEvent({ event_type: "signed up", user_id: event.user.user_id });
console.log((await client.flush()).statusCode);
