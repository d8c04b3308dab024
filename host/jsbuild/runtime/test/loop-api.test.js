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

async function commands(body, options) {
  const { source, entry } = before(body);
  const result = await run(source, { entry, ...options });
  return result.error ? result.error.message : result.commands;
}

test("pre-user-registration gives the host commands, in a chain", async () => {
  assert.deepEqual(await commands(`
    api.user.setUserMetadata("plan", "free").user.setAppMetadata("old", null).access.deny("spam", "Not today").validation.error("bad_name", "Choose another name").user.setUserId("a.b").cache.set("k", "v");
  `), [
    { command: "user_metadata", key: "plan", value: "free" },
    { command: "app_metadata", key: "old", value: null },
    { command: "deny", reason: "spam", user_message: "Not today" },
    { command: "validation_error", code: "bad_name", message: "Choose another name" },
    { command: "user_id", user_id: "a.b" },
  ]);
});

test("a deny is never lost for its arguments", async () => {
  for (const [args, reason, user_message] of [
    ["", "", ""],
    ["'only a reason'", "only a reason", ""],
    ["5, false", "5", "false"],
    ["null, undefined", "", ""],
    ["{ a: [1] }, new Error('x')", '{"a":[1]}', "Error: x"],
    ["Symbol('s'), Object.create(null)", "Symbol(s)", ""],
    ["{ toString() { throw new Error('no'); } }, [1, 2]", "", "1,2"],
    ["'\\u0000', '\\ud83d\\ude00'", "\0", "\u{1f600}"],
  ]) {
    assert.deepEqual(await commands(`return api.access.deny(${args});`), [{ command: "deny", reason, user_message }], args);
  }
});

test("a command counts when the handler throws after it", async () => {
  const { source, entry } = before('api.access.deny("spam"); throw new Error("boom");');
  const { commands, error } = await run(source, { entry });
  assert.deepEqual([commands, error.message], [[{ command: "deny", reason: "spam", user_message: "" }], "boom"]);
});

test("metadata is what its value is at the call", async () => {
  assert.deepEqual(await commands(`
    const value = { list: [1], at: new Date(0), gone: undefined };
    api.user.setUserMetadata("a", value); value.list.push(2);
    api.user.setUserMetadata(5, undefined); api.user.setAppMetadata("f", () => 1); api.user.setAppMetadata("n", NaN);
  `), [
    { command: "user_metadata", key: "a", value: { list: [1], at: "1970-01-01T00:00:00.000Z" } },
    { command: "user_metadata", key: "5", value: null },
    { command: "app_metadata", key: "f", value: null },
    { command: "app_metadata", key: "n", value: null },
  ]);
  assert.match(await commands("const o = {}; o.o = o; api.user.setUserMetadata('o', o);"), /circular/i);
});

test("the arguments of validation.error and setUserId are checked in Auth0's words", async () => {
  const long = "x".repeat(101);
  for (const [call, message] of [
    ["validation.error(5, 'x')", "Failed to add validation error: errorCode must be string"],
    ["validation.error('a', {})", "Failed to add validation error: errorMessage must be string"],
    ["validation.error()", "Failed to add validation error:  must have required property 'errorCode', must have required property 'errorMessage'"],
    ["validation.error(undefined, null)", "Failed to add validation error:  must have required property 'errorCode'; errorMessage must be string"],
    [`validation.error('a', '${long}')`, "Failed to add validation error: errorMessage must NOT have more than 100 characters"],
    ["user.setUserId(5)", "Invalid setUserId arguments: user_id must be string"],
    ["user.setUserId()", "Invalid setUserId arguments:  must have required property 'user_id'"],
    ["user.setUserId('')", 'Invalid setUserId arguments: user_id must NOT have fewer than 1 characters, must match pattern "^[a-zA-Z0-9@._+-]{1,255}$"'],
    ["user.setUserId('auth0|1')", 'Invalid setUserId arguments: user_id must match pattern "^[a-zA-Z0-9@._+-]{1,255}$"'],
  ]) {
    assert.equal(await commands(`api.${call};`), message, call);
  }
  assert.equal((await commands(`api.validation.error("a", "\u{1f600}".repeat(100));`)).length, 1);
});

test("a command that the host refuses throws", async () => {
  const native = { command: () => JSON.stringify({ code: "limit", message: "it is too large" }) };
  assert.equal(await commands('api.user.setUserMetadata("a", 1);', { native }), "Failed to set user metadata: it is too large");
});

test("pre-user-registration has the cache, too", async () => {
  assert.deepEqual(await commands(`api.cache.set("k", "v"); api.access.deny(api.cache.get("k").value, "");`), [{ command: "deny", reason: "v", user_message: "" }]);
});

test("an action may have the export with which Auth0 resumes it", async () => {
  const { commands } = await run(`
    exports.onExecutePreUserRegistration = async (event, api) => { api.access.deny("first"); };
    exports.onContinuePreUserRegistration = async (event, api) => { api.access.deny("never"); };
  `, { entry: "onExecutePreUserRegistration" });
  assert.deepEqual(commands.map((c) => c.reason), ["first"]);
});
