// The api objects.
import assert from "node:assert/strict";
import { test } from "node:test";
import { handler, run } from "./engine.js";
import { beginning } from "./host.js";

const reported = async (body, options) => (await run(handler(body), options)).logs.map((l) => JSON.parse(l.message));

test("the cache gives records, and results of writes", async () => {
  assert.deepEqual(await reported(`
    const describe = (v) => console.log(JSON.stringify(v ?? null));
    describe(api.cache.get("k")); describe(api.cache.set("k", "v", { ttl: 1000.9 })); describe(api.cache.get("k")); describe(api.cache.delete("k")); describe(api.cache.delete("k"));
  `), [
    null,
    { type: "success", record: { value: "v", expires_at: beginning + 1000 } },
    { value: "v", expires_at: beginning + 1000 },
    { type: "success" },
    { type: "error", code: "CacheKeyDoesNotExist" },
  ]);
});

test("times that are no finite numbers reach the host as such", async () => {
  const asked = [];
  await run(handler(`
    for (const options of [undefined, null, {}, { ttl: 5 }, { ttl: NaN }, { expires_at: Infinity }, { ttl: "5" }, { ttl: null }, { ttl: undefined }]) api.cache.set("k", "v", options);
  `), { native: { cache_set: (json) => (asked.push(json), '{"type":"success"}') } });
  assert.deepEqual(asked.map((json) => json.slice('{"key":"k","value":"v"'.length)), ["}", "}", "}", ',"ttl":5}', ',"ttl":null}', ',"expires_at":null}', ',"ttl":null}', ',"ttl":null}', "}"]);
});

test("keys and values that are no strings fail as Node's do", async () => {
  assert.deepEqual(await reported(`
    for (const f of [() => api.cache.set(5, "v"), () => api.cache.set("k"), () => api.cache.set("k", { a: 1 }), () => api.cache.set("k", null), () => api.cache.set("k", () => {})]) {
      try { f(); } catch (e) { console.log(JSON.stringify([e.name, e.code, e.message])); }
    }
    console.log(JSON.stringify([api.cache.get(5) === undefined, api.cache.delete(5)]));
  `), [
    ...["type number (5)", "undefined", "an instance of Object", "null", "function "].map((received) => [
      "TypeError", "ERR_INVALID_ARG_TYPE", `The "string" argument must be of type string or an instance of Buffer or ArrayBuffer. Received ${received}`,
    ]),
    [true, { type: "error", code: "CacheKeyDoesNotExist" }],
  ]);
});

test("a method of the cache works without its object", async () => {
  assert.deepEqual(await reported(`const { set, get } = api.cache; set("k", "v"); console.log(JSON.stringify(get("k").value));`), ["v"]);
});

test("post-user-registration has the cache and nothing else", async () => {
  assert.deepEqual(await reported("console.log(JSON.stringify(Object.keys(api)));"), [["cache"]]);
});

const before = (body) => ({ source: `exports.onExecutePreUserRegistration = async (event, api) => { ${body} };`, entry: "onExecutePreUserRegistration" });

async function commands(body) {
  const { source, entry } = before(body);
  const { output, error } = await run(source, { entry });
  return error ?? output.commands;
}

test("pre-user-registration records what is to be done", async () => {
  assert.deepEqual(await commands(`
    api.user.setUserMetadata("plan", "free").user.setAppMetadata("old", null).access.deny("spam", "Not today").validation.error("bad_name", "Choose another name");
  `), [
    { type: "user.set_user_metadata", key: "plan", value: "free" },
    { type: "user.set_app_metadata", key: "old", value: null },
    { type: "access.deny", reason: "spam", user_message: "Not today" },
    { type: "validation.error", code: "bad_name", message: "Choose another name" },
  ]);
});

test("a validation error that says nothing fails", async () => {
  assert.equal((await commands("api.validation.error(5, 'x');")).message, "Failed to add validation error: errorCode must be string");
});

test("pre-user-registration has the cache, too", async () => {
  assert.deepEqual(await commands(`api.cache.set("k", "v"); api.access.deny(api.cache.get("k").value, "");`), [{ type: "access.deny", reason: "v", user_message: "" }]);
});
