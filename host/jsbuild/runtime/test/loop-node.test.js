// The same code under Node and in the engine: what it says must come in the
// same order. Node's own race between a timer of 1 ms and an immediate is left
// out, and times differ so much that a busy machine does not change Node's.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { handler, run } from "./engine.js";
import { retried } from "./node-same.js";

const scripts = {
  "ticks, promises and microtasks nest": `
    process.nextTick(() => { say("t1"); Promise.resolve().then(() => say("t1p")); process.nextTick(() => say("t1t")); });
    Promise.resolve().then(() => { say("p1"); process.nextTick(() => say("p1t")); queueMicrotask(() => say("p1m")); });
    queueMicrotask(() => say("m1"));
    (async () => { say("a1"); await null; say("a2"); await null; say("a3"); })();
    say("end");
  `,
  "thenables take their turns": `
    const thenable = { then(resolve) { say("then"); resolve("value"); } };
    Promise.resolve(thenable).then(say); Promise.resolve().then(() => say("1")).then(() => say("2")).then(() => say("3"));
    (async () => say(await thenable))(); (async () => say(await Promise.resolve("direct")))();
  `,
  "async iteration and generators": `
    async function* count() { for (let i = 0; i < 3; i++) { say("yield" + i); yield i; } }
    (async () => { for await (const i of count()) say("got" + i); })();
    Promise.resolve().then(() => say("p1")).then(() => say("p2")).then(() => say("p3")).then(() => say("p4"));
  `,
  "timers within timers": `
    setTimeout(() => { say("a"); setTimeout(() => say("a40"), 40); process.nextTick(() => say("at")); Promise.resolve().then(() => say("ap")); }, 20);
    setTimeout(() => say("b"), 20); setTimeout(() => say("c"), 900);
  `,
  "immediates and timers within a timer": `
    setTimeout(() => { setTimeout(() => say("later"), 40); setImmediate(() => say("now")); say("first"); }, 20);
  `,
  "immediates within immediates": `
    setImmediate(() => { say("1"); process.nextTick(() => say("1t")); setImmediate(() => say("3")); Promise.resolve().then(() => say("1p")); });
    setImmediate(() => say("2"));
  `,
  "intervals and what clears them": `
    let n = 0; const i = setInterval(() => { say("i" + ++n); if (n === 3) clearInterval(i); }, 20);
    const never = setTimeout(() => say("never"), 30); clearTimeout(never);
    setTimeout(() => say("late"), 9000).unref(); setTimeout(() => say("end"), 900);
  `,
  "Promise.all, race, any and allSettled": `
    const after = (ms, v) => new Promise((r) => setTimeout(r, ms, v)), fails = (ms, v) => new Promise((_, r) => setTimeout(r, ms, v));
    Promise.all([after(200, "a"), after(450, "b")]).then((v) => say(v.join())); Promise.race([after(900, "slow"), after(10, "fast")]).then(say);
    Promise.any([fails(5, "x"), after(650, "any")]).then(say); Promise.allSettled([fails(850, "f"), after(850, "g")]).then((v) => say(v.map((s) => s.status).join()));
  `,
  "finally and rethrowing": `
    Promise.reject(new Error("x")).finally(() => say("finally")).catch((e) => say(e.message)).then(() => say("then"));
    (async () => { try { await Promise.reject("r"); } catch (e) { say("caught " + e); return "v"; } finally { say("f"); } })().then(say);
  `,
};

const prelude = "const say = (s) => console.log(s);";

for (const [name, script] of Object.entries(scripts)) {
  test(`in Node's order: ${name}`, async () => {
    const { logs, error } = await run(handler(prelude + script));
    assert.equal(error, undefined);
    const said = logs.map((l) => l.message);
    await retried(async () => {
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", `${prelude} (async () => { ${script} })();`]);
      assert.deepEqual(said, stdout.trimEnd().split("\n"));
    });
  });
}
