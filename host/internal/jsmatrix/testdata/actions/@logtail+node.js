// info, flush
// 202 POST in.logs.betterstack.com
import { Logtail } from "@logtail/node";

const logtail = new Logtail(event.secrets.TOKEN, { sendLogsToConsoleOutput: false, captureStackContext: false });
logtail.info("signed up", { id: event.user.user_id });
await logtail.flush();
console.log(logtail.logged);
