// a logger over a stream of its own, serializers
import bunyan from "bunyan";

const logger = bunyan.createLogger({ name: "usher", streams: [{ type: "raw", stream: { write: (r) => console.log(r.name, r.level, r.msg, r.user) } }], serializers: { user: (u) => u.user_id } });
logger.info({ user: event.user }, "signed %s", "up");
logger.child({ flow: "x" }).warn("careful");
