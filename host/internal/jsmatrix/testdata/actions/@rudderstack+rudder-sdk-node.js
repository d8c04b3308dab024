// identify, track, flush
// 200 POST dataplane.example.com/v1/batch OK
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const client = new RudderAnalytics(event.secrets.TOKEN, { dataPlaneUrl: "https://dataplane.example.com", flushAt: 20, gzip: false });
client.identify({ userId: event.user.user_id, traits: { email: event.user.email } });
client.track({ userId: event.user.user_id, event: "Signed Up" });
await client.flush();
