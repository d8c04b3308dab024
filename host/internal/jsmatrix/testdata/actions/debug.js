// enable, a namespace, a log function of its own
import debug from "debug";

debug.enable("app:*");
const log = debug("app:users");
log.log = (...args) => console.log(args.length, String(args[0]).includes("signed up %s"));
log("signed up %s", event.user.user_id);
console.log(debug.enabled("app:x"), debug.enabled("other"));
