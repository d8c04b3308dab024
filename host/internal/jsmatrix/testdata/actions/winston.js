// a logger with formats and metadata, a transport of its own
import winston from "winston";
import Transport from "winston-transport";

class Lines extends Transport {
  log(info, next) {
    console.log(info[Symbol.for("message")]);
    next();
  }
}
const logger = winston.createLogger({ level: "info", format: winston.format.combine(winston.format.label({ label: "usher" }), winston.format.json()), defaultMeta: { service: "a" }, transports: [new Lines()] });
logger.info("signed up %s", event.user.user_id, { id: 1 });
logger.debug("not shown");
logger.error(Object.assign(new Error("boom"), { code: "E1" }).message);
await new Promise((resolve) => setTimeout(resolve, 10));
