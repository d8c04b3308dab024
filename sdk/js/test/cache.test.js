import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache } from "../lib/cache.js";

test("a record is read back until it expires", () => {
  const cache = new Cache({ a: "1" });
  assert.equal(cache.get("a").value, "1");
  assert.equal(cache.set("b", "2", { ttl: 60_000, expires_at: Date.now() + 1000 }).record.expires_at <= Date.now() + 1000, true);
  assert.equal(cache.get("none"), undefined);
  assert.deepEqual(cache.delete("a"), { type: "success" });
  assert.deepEqual(cache.delete("a"), { type: "error", code: "CacheKeyDoesNotExist" });
});

const full = () => new Cache(Object.fromEntries([1, 2, 3, 4].map((n) => [`k${n}`, "v".repeat(4000)])));

for (const [name, set, code] of [
  ["a key of more than 64 bytes", (cache) => cache.set("ä".repeat(33), ""), "CacheKeySizeExceeded"],
  ["a value of more than 4096 bytes", (cache) => cache.set("k", "v".repeat(4097)), "CacheValueSizeExceeded"],
  ["more than it holds in all", () => full().set("k5", "v".repeat(1000)), "CacheSizeExceeded"],
  ["a time that is not a number", (cache) => cache.set("k", "v", { ttl: NaN }), "InvalidExpiry"],
  ["a time that is past", (cache) => cache.set("k", "v", { ttl: -1 }), "ItemAlreadyExpired"],
]) {
  test(`${name} is refused as ${code}`, () => assert.deepEqual(set(new Cache()), { type: "error", code }));
}

test("a key that is not a string throws, as it does in Auth0", () => assert.throws(() => new Cache().set(1, "v"), TypeError));
