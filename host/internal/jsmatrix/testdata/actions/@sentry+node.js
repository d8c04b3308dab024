// captureException, captureMessage, flush
// without "stacktrace":\{"frames":\[.*?\}\]\}
// without "server_name":"[^"]*",?
// 200 POST o1.ingest.sentry.io/api/1/envelope {"id":"e1"}
import * as Sentry from "@sentry/node";

Sentry.init({ dsn: "https://key@o1.ingest.sentry.io/1", defaultIntegrations: false, sampleRate: 1 });
Sentry.setUser({ id: event.user.user_id });
Sentry.addBreadcrumb({ message: "signed up" });
console.log(Sentry.captureException(new TypeError("boom")).length, Sentry.captureMessage("hello", "warning").length);
console.log(await Sentry.flush(2000));
