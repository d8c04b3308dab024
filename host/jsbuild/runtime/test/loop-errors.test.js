// What people read of errors, and of promises that no one took up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { handler, run } from "./engine.js";

const failing = async (body, options) => (await run(handler(body), options)).error;

test("a handler that throws fails the run with name, message and stack", async () => {
  const error = await failing("null.x;");
  assert.equal(error.name, "TypeError");
  assert.match(error.stack, /^TypeError: .*\n    at .*usher-bundle\.js:\d+:\d+/);
});

test("what the author named their error stays", async () => {
  const error = await failing(`
    class CrmError extends Error { constructor(m) { super(m); this.name = "CrmError"; this.code = "ECRM"; } }
    throw new CrmError("no");
  `);
  assert.deepEqual([error.name, error.message, error.code], ["CrmError", "no", "ECRM"]);
});

test("a code that is a number is text", async () => {
  assert.equal((await failing(`throw Object.assign(new Error("no"), { code: 404 });`)).code, "404");
});

test("an error without a code has that of its cause", async () => {
  assert.equal((await failing(`throw new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code: "ECONNRESET" }) });`)).code, "ECONNRESET");
  assert.equal((await failing(`throw Object.assign(new Error("own", { cause: Object.assign(new Error("x"), { code: "THEIRS" }) }), { code: "OWN" });`)).code, "OWN");
});

for (const [thrown, final] of [
  [`Object.assign(new Error("no"), { name: "NonRetryable" })`, true],
  [`new (class NonRetryable extends Error {})("no")`, true],
  [`new (class NonRetryable extends TypeError {})("no")`, true],
  [`{ name: "NonRetryable", message: "no" }`, true],
  [`new Error("no", { cause: Object.assign(new Error("why"), { name: "NonRetryable" }) })`, true],
  [`new Error("a", { cause: new Error("b", { cause: new (class NonRetryable extends Error {})("c") }) })`, true],
  [`(() => { const a = new Error("a"); a.cause = a; return a; })()`, undefined],
  [`new Error("NonRetryable: no")`, undefined],
  [`Object.assign(new Error("no"), { name: "Retryable" })`, undefined],
  [`"NonRetryable"`, undefined],
  [`null`, undefined],
  [`Object.defineProperty(new Error("no"), "cause", { get() { throw new Error("never"); } })`, undefined],
]) {
  test(`throwing ${thrown} is ${final ? "final" : "tried again"}`, async () => {
    assert.equal((await failing(`throw ${thrown};`)).non_retryable, final);
  });
}

for (const [thrown, message] of [
  ['"plain"', "plain"],
  ["undefined", "undefined was thrown, which is not an Error"],
  ["null", "null was thrown, which is not an Error"],
  ["42", "42 was thrown, which is not an Error"],
  ["{ message: 'like one' }", "like one"],
]) {
  test(`throwing ${thrown} reports ${message}`, async () => {
    assert.equal((await failing(`throw ${thrown};`)).message, message);
  });
}

test("an object that was thrown is shown", async () => {
  assert.match((await failing("throw { status: 403, nested: { a: 1 } };")).message, /status.*403.*was thrown/s);
});

test("a symbol that was thrown is shown", async () => {
  assert.match((await failing("throw Symbol('s');")).message, /Symbol\(s\)/);
});

test("a stack has its causes, as Node prints them", async () => {
  const { stack, message } = await failing(`
    const inner = new TypeError("inner");
    throw new Error("outer", { cause: new RangeError("middle", { cause: inner }) });
  `);
  assert.equal(message, "outer");
  assert.match(stack, /^Error: outer\n    at [^]* \{\n  \[cause\]: RangeError: middle\n      at [^]* \{\n    \[cause\]: TypeError: inner\n        at [^]*\n  \}\n\}$/);
});

test("a cause that is no error is shown", async () => {
  assert.match((await failing(`throw new Error("outer", { cause: "why" });`)).stack, /\[cause\]: 'why'/);
});

test("a circle of causes is reported once", async () => {
  const { stack } = await failing(`const a = new Error("a"); const b = new Error("b", { cause: a }); a.cause = b; throw a;`);
  assert.match(stack, /\[cause\]: \[Circular: Error: a\]/);
});

test("an AggregateError reports its errors", async () => {
  const { name, stack } = await failing(`await Promise.any([Promise.reject(new Error("one")), Promise.reject(new Error("two"))]);`);
  assert.equal(name, "AggregateError");
  assert.match(stack, /\[errors\]: \[\n\s+Error: one[^]*Error: two[^]*\]/);
});

test("errors whose properties throw are reported, too", async () => {
  for (const thrown of [
    "new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } })",
    "Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('trap'); } })",
    "Object.assign(new Error('x'), { name: Symbol('n') })",
  ]) {
    assert.ok((await failing(`throw ${thrown};`)).message.length > 0, thrown);
  }
});

test("long messages and stacks are cut", async () => {
  const error = await failing(`throw new Error("x".repeat(1e6));`);
  assert.ok(error.message.length < 10_000 && error.stack.length < 40_000);
});

for (const [name, body] of Object.entries({
  timer: "setTimeout(() => { throw new Error('boom'); });",
  immediate: "setImmediate(() => { throw new Error('boom'); });",
  tick: "process.nextTick(() => { throw new Error('boom'); });",
  microtask: "queueMicrotask(() => { throw new Error('boom'); });",
})) {
  test(`an exception that no one caught in a ${name} fails the run`, async () => {
    const { error, logs } = await run(handler(`${body} await new Promise((r) => setTimeout(r, 10)); console.log("went on");`));
    assert.deepEqual([error.message, logs.map((l) => l.message)], ["boom", ["went on"]]);
  });
}

test("an uncaught refusal of the sandbox ends the run at once", async () => {
  const { error, logs } = await run(handler(`
    queueMicrotask(() => require("net").connect(5432));
    for (;;) await new Promise((r) => setTimeout(r, 10));
  `));
  assert.deepEqual([error.name, logs], ["UnsupportedInSandboxError", []]);
});

test("the first error is the run's, and later ones are in the log", async () => {
  const { error, logs } = await run(handler(`setTimeout(() => { throw new Error("second"); }, 10); throw new Error("first");`));
  assert.equal(error.message, "first");
  assert.match(logs[0].message, /^Uncaught: Error: second/);
  assert.equal(logs[0].level, "warn");
});

test("a rejection that no one took up is a warning, and stands in the output", async () => {
  const { error, output, logs } = await run(handler(`
    (async () => { await null; throw Object.assign(new Error("the webhook said 500"), { code: "EHOOK" }); })();
  `));
  assert.equal(error, undefined);
  assert.deepEqual([output.unhandled[0].message, output.unhandled[0].code], ["the webhook said 500", "EHOOK"]);
  assert.equal(logs[0].level, "warn");
  assert.match(logs[0].message, /^Unhandled promise rejection: Error: the webhook said 500\n    at /);
});

test("a rejection that is taken up before the run ends is no matter", async () => {
  const { output, logs } = await run(handler(`
    const p = Promise.reject(new Error("later"));
    setTimeout(() => p.catch(() => {}), 100);
  `));
  assert.deepEqual([output, logs], [undefined, []]);
});

test("a handler that fails has its other rejections in the log", async () => {
  const { error, output, logs } = await run(handler(`Promise.reject(new Error("other")); throw new Error("own");`));
  assert.deepEqual([error.message, output], ["own", undefined]);
  assert.match(logs[0].message, /Error: other/);
});

test("of many rejections some are reported, and the number of the others", async () => {
  const { output, logs } = await run(handler(`for (let i = 0; i < 50; i++) Promise.reject(new Error("n" + i));`));
  assert.equal(output.unhandled.length, 20);
  assert.equal(logs.at(-1).message, "Unhandled promise rejections: 30 more");
});

test("a method that the trigger's api lacks fails the run", async () => {
  const error = await failing(`api.user.setAppMetadata("plan", "free");`);
  assert.equal(error.name, "TypeError");
  assert.match(error.message, /setAppMetadata/);
});
