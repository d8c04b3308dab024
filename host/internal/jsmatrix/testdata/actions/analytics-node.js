// identify, track, flush
// 200 POST api.segment.io/v1/batch {"success":true}
import Analytics from "analytics-node";

const analytics = new Analytics(event.secrets.TOKEN, { flushAt: 20 });
analytics.identify({ userId: event.user.user_id, traits: { email: event.user.email } });
analytics.track({ userId: event.user.user_id, event: "Signed Up" });
await new Promise((resolve, reject) => analytics.flush((error) => (error ? reject(error) : resolve())));
