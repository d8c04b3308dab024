// api.cache. The host holds the records and the rules; here are the types that
// Auth0's cache has, and the errors of its JavaScript.
import { native } from "../native.js";
import { invalidArgument } from "./callback.js";
import { parse, stringify } from "./json.js";

export const cache = {
  get(key) {
    if (typeof key !== "string") return undefined;
    const record = native.cache_get(key);
    return record === undefined || record === null ? undefined : parse(record);
  },

  set(key, value, options) {
    for (const text of [key, value]) {
      if (typeof text !== "string") throw invalidArgument("string", "of type string or an instance of Buffer or ArrayBuffer", text);
    }
    const { ttl, expires_at } = options ?? {};
    return parse(native.cache_set(stringify({ key, value, ttl: finite(ttl), expires_at: finite(expires_at) })));
  },

  delete(key) {
    if (typeof key !== "string") return { type: "error", code: "CacheKeyDoesNotExist" };
    return parse(native.cache_delete(key));
  },
};

// finite returns what the host takes for a time: null stands for one that is
// no finite number.
function finite(millis) {
  return millis === undefined || Number.isFinite(millis) ? millis : null;
}
