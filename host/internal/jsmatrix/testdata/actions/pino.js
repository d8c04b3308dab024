// a logger over a stream of its own, a child, redaction
import pino from "pino";

const logger = pino({ base: null, timestamp: false, redact: ["user.email"] }, { write: (line) => console.log(line.trim()) });
logger.info({ user: { id: 1, email: event.user.email } }, "signed %s", "up");
logger.child({ flow: "registration" }).warn("careful");
logger.error(Object.assign(new RangeError("boom"), { stack: "at x" }));
