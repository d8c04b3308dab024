// api.cache of one run, with the rules of the host's.
const maxKeyBytes = 64;
const maxValueBytes = 4096;
const maxBytes = 16 * 1024 + 256;
const initialMillis = 15 * 60 * 1000;

export class Cache {
  #records = new Map();

  // constructor takes values by key.
  constructor(values = {}) {
    for (const [key, value] of Object.entries(values)) this.set(key, value);
  }

  get(key) {
    const record = this.#records.get(key);
    return record && record.expires_at >= Date.now() ? { ...record } : undefined;
  }

  set(key, value, options = {}) {
    const size = Buffer.byteLength(key) + Buffer.byteLength(value);
    if (Buffer.byteLength(key) > maxKeyBytes) return refused("CacheKeySizeExceeded");
    if (Buffer.byteLength(value) > maxValueBytes) return refused("CacheValueSizeExceeded");
    if (this.#bytes() + size > maxBytes) return refused("CacheSizeExceeded");
    const expires_at = expiry(options ?? {});
    if (expires_at === undefined) return refused("InvalidExpiry");
    if (expires_at <= Date.now()) return refused("ItemAlreadyExpired");
    const record = { value, expires_at };
    this.#records.set(key, record);
    return { type: "success", record: { ...record } };
  }

  delete(key) {
    return this.#records.delete(key) ? { type: "success" } : refused("CacheKeyDoesNotExist");
  }

  // values returns what is in the cache, by key.
  values() {
    return Object.fromEntries([...this.#records].map(([key, record]) => [key, record.value]));
  }

  #bytes() {
    let bytes = 0;
    for (const [key, { value }] of this.#records) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    return bytes;
  }
}

// expiry returns when a record expires, undefined when its options can't be
// read: the earlier one holds.
function expiry({ ttl, expires_at }) {
  const times = [];
  if (ttl !== undefined) times.push(Date.now() + Math.floor(ttl));
  if (expires_at !== undefined) times.push(Math.floor(expires_at));
  if (times.length === 0) times.push(Date.now() + initialMillis);
  return times.every(Number.isSafeInteger) ? Math.min(...times) : undefined;
}

function refused(code) {
  return { type: "error", code };
}
