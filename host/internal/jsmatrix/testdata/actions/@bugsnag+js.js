// notify
// without "stacktrace":\[.*?\}\]
// without "device":.*?"time":"TIME"\}
// without "duration":\d+
// 202 POST notify.bugsnag.com
import Bugsnag from "@bugsnag/js";

const client = Bugsnag.createClient({ apiKey: "0123456789abcdef0123456789abcdef", autoTrackSessions: false, autoDetectErrors: false, logger: null });
await new Promise((resolve) => client.notify(new Error("boom"), (e) => e.setUser("1"), (error, e) => { console.log(error, e.errors[0].errorMessage); resolve(); }));
