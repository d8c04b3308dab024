// levels, a logger by name
import log from "loglevel";

log.setLevel("info");
log.info("hello", { a: 1 });
log.debug("not shown");
log.getLogger("other").warn("careful");
