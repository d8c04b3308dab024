// notifyAsync
// without "stack":"(?:[^"\\]|\\.)*"
// without "backtrace":\[.*?\}\]
// without "server":.*?,"details"
// 201 POST api.honeybadger.io/v1/notices {"id":"n1"}
import Honeybadger from "@honeybadger-io/js";

const hb = Honeybadger.factory({ apiKey: event.secrets.TOKEN, reportData: true, enableUncaught: false, enableUnhandledRejection: false, logger: { debug() {}, info() {}, warn() {}, error() {}, log() {} } });
await hb.notifyAsync(new Error("boom"), { context: { id: event.user.user_id } });
console.log("sent");
