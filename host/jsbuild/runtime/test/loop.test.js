// How runs begin, go on and end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { handler, load, run } from "./engine.js";

test("a handler that is done at once succeeds with no output", async () => {
  const result = await run(handler(""));
  assert.deepEqual([result.error, result.output, result.logs, result.slept], [undefined, undefined, [], []]);
});

test("a handler gets the event with its secrets, and all that the sender added", async () => {
  const source = handler(`
    console.log(JSON.stringify([event.user, event.secrets, event.extra, event.configuration]));
    event.user.name = "changed";
  `);
  const action = await load(source, { event: { user: { name: "Ada" }, extra: { a: [1] } }, secrets: { TOKEN: "t" } });
  for (let i = 0; i < 2; i++) {
    assert.equal(action.run().logs[0].message, '[{"name":"Ada"},{"TOKEN":"t"},{"a":[1]},{}]');
  }
});

for (const [name, source] of Object.entries({
  "exports.NAME": "exports.onExecutePostUserRegistration = async () => console.log('ran');",
  "module.exports": "module.exports = { onExecutePostUserRegistration: async () => console.log('ran') };",
  "an async method": "module.exports = { async onExecutePostUserRegistration() { console.log('ran'); } };",
  "a bound async function": "exports.onExecutePostUserRegistration = (async function () { console.log(this); }).bind('ran');",
  "an ES module's export": "export const onExecutePostUserRegistration = async () => console.log('ran');",
  "an ES module's function": "export async function onExecutePostUserRegistration() { console.log('ran'); }",
  "an ES module's default": "export default { onExecutePostUserRegistration: async () => console.log('ran') };",
  "several triggers' handlers": "exports.onExecutePostLogin = () => {}; exports.onExecutePostUserRegistration = async () => console.log('ran');",
})) {
  test(`an action may export its handler as ${name}`, async () => {
    const { error, logs } = await run(source);
    assert.equal(error, undefined);
    assert.match(logs[0].message, /ran/);
  });
}

const signature = 'Invalid function signature for the "onExecutePostUserRegistration" handler. Use "exports.onExecutePostUserRegistration = async function(event, api) { }" as the signature.';

for (const [name, source, message] of [
  ["a function as exports", "module.exports = async () => {};", "The Action must export an object."],
  ["null as exports", "module.exports = null;", "The Action must export an object."],
  ["no handler", "exports.other = async () => {};", signature],
  ["a function that is not async", "exports.onExecutePostUserRegistration = () => Promise.resolve();", signature],
  ["a bound function that is not async", "exports.onExecutePostUserRegistration = (function () {}).bind(null);", signature],
  ["an async generator", "exports.onExecutePostUserRegistration = async function* () {};", signature],
]) {
  test(`${name} is refused in Auth0's words`, async () => {
    const { error } = await run(source);
    assert.deepEqual([error.name, error.message], ["Error", message]);
  });
}

test("an entry that is none of Auth0's is refused", async () => {
  const { error } = await run(handler(""), { entry: "toString" });
  assert.equal(error.message, "The Action can only be called with valid methods.");
});

test("what a handler returns is ignored", async () => {
  assert.equal((await run(handler("return { a: 1 };"))).output, undefined);
});

test("a run ends when what the handler did not await is done", async () => {
  const { logs, elapsed } = await run(handler(`setTimeout(() => setImmediate(() => console.log("late")), 50);`));
  assert.deepEqual([logs.map((l) => l.message), elapsed], [["late"], 50]);
});

test("a handler that throws lets what it had set going come to its end", async () => {
  const { error, logs } = await run(handler(`setTimeout(() => console.log("late"), 50); throw new Error("no");`));
  assert.deepEqual([error.message, logs.map((l) => l.message)], ["no", ["late"]]);
});

test("a handler that waits for nothing fails and says why", async () => {
  const { error, timedOut } = await run(handler("await new Promise(() => {});"));
  assert.equal(timedOut, false);
  assert.match(error.message, /^The handler never settled/);
});

test("nothing waits for an interval once the handler has settled", async () => {
  const { error, elapsed } = await run(handler(`
    let n = 0;
    await new Promise((done) => setInterval(() => ++n === 3 && done(), 100));
  `));
  assert.deepEqual([error, elapsed], [undefined, 300]);
});

test("nothing waits for a timer that fires when the run's time is over", async () => {
  const { error, elapsed, timedOut } = await run(handler(`
    setTimeout(() => console.log("never"), 30_000);
    setTimeout(() => console.log("in time"), 500);
  `), { timeout_ms: 5_000 });
  assert.deepEqual([error, elapsed, timedOut], [undefined, 500, false]);
});

test("the log reports work that was not awaited and takes too long", async () => {
  const { error, logs, elapsed } = await run(handler(`
    setTimeout(() => {}, 60_000);
    (async () => { for (let n = 1; ; n *= 2) await new Promise((r) => setTimeout(r, n * 1000)); })();
  `), { timeout_ms: 20_000 });
  assert.deepEqual([error, elapsed], [undefined, 15_000]);
  assert.deepEqual(logs.map((l) => l.level), ["warn", "debug", "debug"]);
  assert.match(logs[0].message, /^1 of the timers that unawaited work had set would fire after/);
  assert.match(logs[1].message, /^1 of the handler's timers would fire after/);
  assert.match(logs[2].message, /^The run went on for 15000 ms after the handler had settled/);
});

test("a handler that awaits such a timer runs into its deadline", async () => {
  const { timedOut } = await run(handler("await new Promise((r) => setTimeout(r, 30_000));"), { timeout_ms: 5_000 });
  assert.equal(timedOut, true);
});

test("an error is reported before the remaining work takes too long", async () => {
  const { error, timedOut } = await run(handler(`
    (async () => { for (;;) await new Promise((r) => setTimeout(r, 100)); })();
    throw new Error("the reason");
  `), { timeout_ms: 5_000 });
  assert.equal(error.message, "the reason");
  assert.equal(timedOut, false);
});

test("one run leaves nothing for the next in the same instance", async () => {
  const action = await load(handler(`
    console.log(event.user.n);
    if (event.user.n === 1) {
      setInterval(() => console.log("leaked"), 10);
      process.nextTick(() => {});
      Promise.reject(new Error("unhandled in the first"));
      throw new Error("first");
    }
    await new Promise((r) => setTimeout(r, 100));
  `));
  assert.equal(action.run({ event: { user: { n: 1 } } }).error.message, "first");
  const { error, output, logs, elapsed } = action.run({ event: { user: { n: 2 } } });
  assert.deepEqual([error, output, logs.map((l) => l.message), elapsed], [undefined, undefined, ["2"], 100]);
});

test("top-level code that throws while the action is built is heard there", async () => {
  await assert.rejects(load("throw new TypeError('at the top');"), /at the top/);
});
