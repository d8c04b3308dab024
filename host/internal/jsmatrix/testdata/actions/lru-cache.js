// set, get, ttl
import { LRUCache } from "lru-cache";

const cache = new LRUCache({ max: 2, ttl: 1000 });
cache.set("a", 1).set("b", 2).set("c", 3);
console.log(cache.get("a"), cache.get("c"), [...cache.keys()]);
