// identify, track, closeAndFlush
// 200 POST /segment {"success":true}
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: event.secrets.TOKEN, host: event.secrets.URL, path: "/segment", flushAt: 2, maxRetries: 0 });
analytics.identify({ userId: event.user.user_id, traits: { email: event.user.email }, messageId: "m1", timestamp: new Date(0) });
analytics.track({ userId: event.user.user_id, event: "Signed Up", messageId: "m2", timestamp: new Date(0) });
await analytics.closeAndFlush();
console.log("flushed");
