// What the listeners of process receive of uncaught errors, as in Node.
import assert from "node:assert/strict";
import { test } from "node:test";
import { handler, run } from "./engine.js";

const reported = async (body) => {
  const { logs, error, output } = await run(handler(body));
  return { logs: logs.map(({ message }) => message), error: error?.message, output };
};

test("a rejection goes to its listener with its promise, and is no warning then", async () => {
  assert.deepEqual(
    await reported(`
      process.on("unhandledRejection", (reason, promise) => console.log(reason.message, promise === lost));
      const lost = Promise.reject(new Error("lost"));
    `),
    { logs: ["lost true"], error: undefined, output: undefined },
  );
});

test("an exception goes to its listener, and the run succeeds", async () => {
  assert.deepEqual(
    await reported(`
      process.on("uncaughtExceptionMonitor", (error, origin) => console.log("seen", error.message, origin));
      process.on("uncaughtException", (error, origin) => console.log(error.message, origin));
      setTimeout(() => { throw new Error("late"); }, 5);
      setTimeout(() => console.log("after"), 10);
    `),
    { logs: ["seen late uncaughtException", "late uncaughtException", "after"], error: undefined, output: undefined },
  );
});

test("a monitor alone saves no run", async () => {
  const { logs, error } = await reported(`process.on("uncaughtExceptionMonitor", () => console.log("seen")); setTimeout(() => { throw new Error("late"); }, 5);`);
  assert.deepEqual([logs, error], [["seen"], "late"]);
});

test("a rejection goes to listeners for exceptions when there are no others", async () => {
  const { logs } = await reported(`
    process.on("uncaughtException", (error, origin) => console.log(error.code ?? error.message, origin));
    Promise.reject(new Error("lost"));
    Promise.reject("text");
  `);
  assert.deepEqual(logs, ["lost unhandledRejection", "ERR_UNHANDLED_REJECTION unhandledRejection"]);
});

test("what a listener sets going is waited for", async () => {
  const { logs } = await reported(`
    process.on("unhandledRejection", async (reason) => { await new Promise((done) => setTimeout(done, 50)); console.log("reported", reason); });
    Promise.reject(1);
  `);
  assert.deepEqual(logs, ["reported 1"]);
});

test("a promise that is handled later is reported, too", async () => {
  const { logs } = await reported(`
    process.on("unhandledRejection", () => console.log("unhandled"));
    process.on("rejectionHandled", (promise) => console.log("handled", promise === lost));
    const lost = Promise.reject(1);
    setTimeout(() => lost.catch(() => {}), 5);
  `);
  assert.deepEqual(logs, ["unhandled", "handled true"]);
});

test("a rejection that is handled in time is not reported", async () => {
  const { logs } = await reported(`
    process.on("unhandledRejection", () => console.log("unhandled"));
    const promise = Promise.reject(1);
    await null;
    promise.catch(() => {});
  `);
  assert.deepEqual(logs, []);
});

for (const [type, cause] of [["unhandledRejection", "Promise.reject(1)"], ["uncaughtException", "setTimeout(() => { throw 1; })"]]) {
  test(`a listener for ${type} that throws fails the run`, async () => {
    assert.equal((await reported(`process.on("${type}", () => { throw new Error("worse"); }); ${cause};`)).error, "worse");
  });
}

test("an operation that the sandbox refused fails the run in spite of listeners", async () => {
  const { error } = await reported(`
    process.on("uncaughtException", () => {});
    setTimeout(() => require("fs").readFileSync("/etc/passwd"));
  `);
  assert.match(error, /fs/);
});

test("the handler's own failure is the run's error, and no rejection", async () => {
  const { logs, error } = await reported(`process.on("unhandledRejection", () => console.log("unhandled")); throw new Error("mine");`);
  assert.deepEqual([logs, error], [[], "mine"]);
});

test("a bound function has the prototype of what it is bound to", async () => {
  const { logs } = await reported(`
    class A { static make() { return this; } }
    class B extends A {}
    const bound = B.bind(null);
    console.log(Object.getPrototypeOf(bound) === A, bound.make() === bound, (async () => {}).bind().constructor.name, Function.prototype.bind.name, Function.prototype.bind.length, (() => 1).bind().name, "prototype" in Function.prototype.bind);
  `);
  assert.deepEqual(logs, ["true true AsyncFunction bind 1 bound  false"]);
});
