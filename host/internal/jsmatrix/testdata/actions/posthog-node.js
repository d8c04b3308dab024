// capture, shutdown
// 200 POST /posthog {"status":1}
import { PostHog } from "posthog-node";

const posthog = new PostHog(event.secrets.TOKEN, { host: `${event.secrets.URL}/posthog`, flushAt: 1, disableGeoip: true, disableCompression: true });
posthog.capture({ distinctId: event.user.user_id, event: "signed up", properties: { plan: "free" }, uuid: "018f0000-0000-7000-8000-000000000000", timestamp: new Date(0) });
await posthog.shutdown();
console.log("flushed");
