// Timers, immediates, ticks and microtasks, in Node's order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { handler, run } from "./engine.js";

// order runs body, which calls say, and returns what was said.
async function order(body, options) {
  const result = await run(handler(`const said = []; const say = (s) => said.push(s); const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
    globalThis.done = () => console.log(JSON.stringify(said)); ${body}`), options);
  assert.equal(result.error, undefined);
  return JSON.parse(result.logs.at(-1).message);
}

test("timers fire by their times, and then in the order of their making", async () => {
  assert.deepEqual(await order(`
    setTimeout(say, 20, "20"); setTimeout(say, 10, "10a"); setTimeout(say, 10, "10b"); setTimeout(say, 5, "5");
    await sleep(30); done();
  `), ["5", "10a", "10b", "20"]);
});

test("ticks come before promises, promises before immediates, immediates before timers", async () => {
  assert.deepEqual(await order(`
    setTimeout(() => { say("timeout"); done(); }); setImmediate(say, "immediate");
    Promise.resolve().then(() => say("promise")); queueMicrotask(() => say("microtask")); process.nextTick(say, "tick"); say("sync");
  `), ["sync", "tick", "promise", "microtask", "immediate", "timeout"]);
});

test("promises go on between two timers that are due at once", async () => {
  assert.deepEqual(await order(`
    setTimeout(() => { say("a"); Promise.resolve().then(() => say("a's promise")); process.nextTick(() => say("a's tick")); }, 1);
    setTimeout(() => { say("b"); }, 1); setTimeout(done, 2);
  `), ["a", "a's tick", "a's promise", "b"]);
});

test("an immediate that an immediate makes comes in the next turn", async () => {
  assert.deepEqual(await order(`
    setImmediate(() => { say("1"); setImmediate(() => { say("3"); done(); }); });
    setImmediate(say, "2");
  `), ["1", "2", "3"]);
});

test("a tick within a promise runs before the next turn", async () => {
  assert.deepEqual(await order(`
    setImmediate(() => { say("immediate"); done(); });
    Promise.resolve().then(() => { process.nextTick(say, "tick"); say("promise"); });
  `), ["promise", "tick", "immediate"]);
});

test("a tick that makes ticks runs them all", async () => {
  assert.deepEqual(await order(`
    process.nextTick(() => { say("1"); process.nextTick(() => { say("2"); process.nextTick(say, "3"); }); });
    setImmediate(done);
  `), ["1", "2", "3"]);
});

test("an interval fires until it is cleared, also by itself", async () => {
  assert.deepEqual(await order(`
    let n = 0;
    await new Promise((r) => { const i = setInterval(function () { say(String(++n)); if (n === 3) { clearInterval(this); r(); } }, 10); });
    await sleep(100); done();
  `), ["1", "2", "3"]);
});

test("a timer that is cleared does not fire, however it is named", async () => {
  assert.deepEqual(await order(`
    const a = setTimeout(say, 1, "a"), b = setTimeout(say, 1, "b"), c = setTimeout(say, 1, "c"), d = setImmediate(say, "d"), e = setTimeout(say, 1, "e");
    clearTimeout(a); clearTimeout(+b); clearInterval(String(c)); clearImmediate(d); e.close();
    clearTimeout(); clearTimeout(null); clearTimeout(99999); clearTimeout({}); clearImmediate(undefined);
    await sleep(5); done();
  `), []);
});

test("an immediate can be called off by one before it", async () => {
  assert.deepEqual(await order(`
    let b; setImmediate(() => { say("a"); clearImmediate(b); }); b = setImmediate(say, "b"); setImmediate(done);
  `), ["a"]);
});

test("refresh begins a timer's time again", async () => {
  const { elapsed } = await run(handler(`
    const t = setTimeout(() => {}, 100);
    setTimeout(() => t.refresh(), 60);
  `));
  assert.equal(elapsed, 160);
});

test("a run does not wait for timers that were let go", async () => {
  const { elapsed, logs } = await run(handler(`
    const far = setTimeout(() => console.log("far"), 1000); far.unref();
    setTimeout(() => console.log("near"), 10).unref().ref();
    console.log(far.hasRef());
    setImmediate(() => console.log("immediate")).unref();
  `));
  assert.deepEqual([elapsed, logs.map((l) => l.message)], [10, ["false", "immediate", "near"]]);
});

test("a handler may await timers that were let go", async () => {
  const { elapsed, error } = await run(handler(`
    await new Promise((r) => setTimeout(r, 100).unref());
    await new Promise((r) => setImmediate(r).unref());
  `));
  assert.deepEqual([elapsed, error], [100, undefined]);
});

test("times that are no times are one millisecond", async () => {
  const { elapsed, slept } = await run(handler(`
    for (const ms of [undefined, null, NaN, -5, 0, "x", {}, 2 ** 31, Infinity, 1.9, "7"]) await new Promise((r) => setTimeout(r, ms));
  `));
  assert.deepEqual([elapsed, slept.at(-1)], [17, 7]);
});

test("what is no function is refused as Node does", async () => {
  const { logs } = await run(handler(`
    for (const f of [() => setTimeout("code"), () => setInterval(null), () => setImmediate({}), () => queueMicrotask(5), () => process.nextTick()]) {
      try { f(); } catch (e) { console.log(e.name, e.code, e.message); }
    }
  `));
  const must = 'TypeError ERR_INVALID_ARG_TYPE The "callback" argument must be of type function. Received ';
  assert.deepEqual(logs.map((l) => l.message), ["type string ('code')", "null", "an instance of Object", "type number (5)", "undefined"].map((r) => must + r));
});

test("polling with immediates lets time pass", async () => {
  const { elapsed, error } = await run(handler(`
    let due = false; setTimeout(() => (due = true), 5);
    while (!due) await new Promise((r) => setImmediate(r));
  `));
  assert.deepEqual([elapsed, error], [5, undefined]);
});

test("a thousand timers fire in order", async () => {
  const said = await order(`
    for (let i = 0; i < 1000; i++) setTimeout(say, (i * 7919) % 97, [(i * 7919) % 97, i]);
    await sleep(200); done();
  `);
  const expected = Array.from({ length: 1000 }, (_, i) => [(i * 7919) % 97, i]).sort(([a, i], [b, j]) => Math.max(a, 1) - Math.max(b, 1) || i - j);
  assert.deepEqual(said, expected);
});

test("timers of the top level count from the start of the run", async () => {
  const { elapsed, logs } = await run(`
    setTimeout(() => console.log("from the top"), 40);
    exports.onExecutePostUserRegistration = async () => {};
  `);
  assert.deepEqual([elapsed, logs.map((l) => l.message)], [40, ["from the top"]]);
});
