import assert from "node:assert/strict";
import { test } from "node:test";
import { runAction } from "usher-actions/test";

const action = (name) => new URL(`actions/${name}`, import.meta.url);
const event = { user: { user_id: "auth0|1", email: "ada@example.com" } };
const anything = [{ request: { url: "*" } }];

test("a CommonJS action runs with its event, secrets, cache and fakes", async () => {
  const fakes = [{ request: { method: "POST", url: "https://crm.example.com/*", headers: { authorization: "Bearer k" } }, response: { status: 201, json: {} } }];
  const run = await runAction(action("greet.js"), { event, secrets: { CRM_KEY: "k" }, cache: { token: "t" }, fakes });
  assert.equal(run.error, undefined);
  assert.equal(run.succeeded, true);
  assert.deepEqual(run.logs, [{ level: "info", message: "hello ada@example.com { id: 'auth0|1' }" }]);
  assert.deepEqual(run.requests.map(({ method, url, json, status }) => ({ method, url, json, status })), [
    { method: "POST", url: "https://crm.example.com/users", json: { email: "ada@example.com" }, status: 201 },
  ]);
  assert.deepEqual(run.cache, { token: "t+1" });
});

test("an ES module runs, whatever sends its requests", async () => {
  const fakes = [{ request: { url: "https://a.example/x", body: { email: "*@example.com" } }, response: { json: { ok: 1 } } }, { request: { url: "https://b.example/y" } }];
  const run = await runAction(action("module.mjs"), { event, fakes });
  assert.equal(run.error, undefined);
  assert.deepEqual(run.logs, [{ level: "warn", message: "200 { ok: 1 }" }]);
  assert.deepEqual(run.requests.map(({ url }) => url), ["https://a.example/x", "https://b.example/y"]);
});

test("TypeScript runs without a build", async () => {
  const run = await runAction(action("typed.ts"), { event });
  assert.equal(run.error, undefined);
  assert.deepEqual(run.cache, { last: "auth0|1" });
});

test("what the handler does not await is waited for, and a rejection is a warning", async () => {
  const run = await runAction(action("hasty.js"), { event, fakes: anything });
  assert.equal(run.succeeded, true);
  assert.deepEqual(run.requests.map(({ body }) => body), ["1", "2"]);
  assert.match(run.logs[0].message, /^Unhandled promise rejection: Error: not handled\n/);
});

test("what the action throws is in the outcome", async () => {
  const { succeeded, error } = await runAction(action("failing.js"), { event });
  assert.equal(succeeded, false);
  assert.deepEqual([error.name, error.message, error.code], ["CrmError", "no room", "E_CRM"]);
  assert.match(error.stack, /failing\.js:10:9/);
});

test("a handler that is not async is refused in Auth0's words", async () => {
  const { error } = await runAction(action("plain.js"), { event });
  assert.match(error.message, /^Invalid function signature for the "onExecutePostUserRegistration" handler\./);
});

test("an action that never ends is stopped", async () => {
  const { error } = await runAction(action("stuck.js"), { event, timeout_ms: 30 });
  assert.deepEqual([error.name, error.message], ["TimeoutError", "stopped after 30 ms"]);
});

test("a request without a fake fails the call, with the fake that would answer it", async () => {
  const call = runAction(action("greet.js"), { event, secrets: { CRM_KEY: "k" }, fakes: [] });
  const error = await call.then(assert.fail, (thrown) => thrown);
  assert.equal(error.code, "ERR_NO_FAKE");
  assert.match(error.message, /^no fake answers POST https:\/\/crm\.example\.com\/users\n/);
  const [{ fake }] = error.missed;
  const run = await runAction(action("greet.js"), { event, secrets: { CRM_KEY: "k" }, fakes: [fake] });
  assert.equal(run.error, undefined);
});

test("a request without a fake may be left to the action", async () => {
  const run = await runAction(action("greet.js"), { event, fakes: [], allowMissed: true });
  assert.equal(run.error.code, "ECONNREFUSED");
  assert.equal(run.missed.length, 1);
});

test("runs change nothing for each other, nor for what comes after", async () => {
  const { log } = console;
  const runs = await Promise.all([1, 2, 3].map((n) => runAction(action("hasty.js"), { event: { user: { user_id: `u${n}` } }, fakes: anything })));
  for (const run of runs) assert.equal(run.requests.length, 2);
  assert.equal(console.log, log);
  event.touched = undefined;
  assert.deepEqual(Object.keys(event), ["user", "touched"]);
  delete event.touched;
});

test("what the options get wrong is said", async () => {
  await assert.rejects(runAction(action("failing.js"), {}), /can't read the event in .*event\.json.*give one with \{event: …\}/);
  await assert.rejects(runAction(action("failing.js"), { event, engine: "deno" }), /there is no engine "deno"/);
  await assert.rejects(runAction(action("failing.js"), { event, engine: "usher", usher: "/no/usher" }), /can't start \/no\/usher: put Usher's command in PATH/);
  await assert.rejects(runAction(action("failing.js"), { event, fakes: [{ request: { uri: "x" } }] }), /fake 1: unknown field "uri"/);
});
