// set, get, take
import NodeCache from "node-cache";

const cache = new NodeCache({ stdTTL: 10, checkperiod: 0 });
console.log(cache.set("a", { b: 1 }), cache.get("a"), cache.take("a"), cache.has("a"));
