// captureException with the default integrations, flush
// without "stacktrace":\{"frames":\[.*?\}\]\}
// without "server_name":"[^"]*",?
// without "contexts":.*?\}\},
// without "integrations":\[[^\]]*\],?
// without "breadcrumbs":.*?\],?
// without ,?"modules":\{[^}]*\}
// 200 POST o1.ingest.sentry.io/api/1/envelope {"id":"e1"}
import * as Sentry from "@sentry/node-9";

Sentry.init({ dsn: "https://key@o1.ingest.sentry.io/1" });
console.log(Sentry.captureException(new TypeError("boom")).length);
console.log(await Sentry.flush(2000));
