// console writes in the engine what it writes in Node, a line of the log for
// each call.
import assert from "node:assert/strict";
import { Console } from "node:console";
import { Writable } from "node:stream";
import { test } from "node:test";
import { run } from "./engine.js";

const calls = `
  console.log();
  console.log("a %s %d", "b", 1, { c: [1, { d: 2 }] });
  console.info("info"); console.debug("debug"); console.warn("warn", new Map([[1, 2]])); console.error("error");
  console.log(new Error("boom").message, undefined, null);
  console.log("multi\\nline", "50%");
  console.group("outer"); console.log("in"); console.group(); console.log("deeper\\nstill"); console.groupEnd(); console.warn("back"); console.groupEnd(); console.groupEnd(); console.log("out");
  console.groupCollapsed("c"); console.log({ a: { b: { c: { d: 1 } } } }); console.groupEnd();
  console.count(); console.count(); console.count("x"); console.countReset(); console.count();
  console.assert(true, "not"); console.assert(false, "is %s", "reported"); console.assert(false); console.assert(false, { a: 1 });
  console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 }); console.dir("text %s"); console.dirxml("x", 1);
  console.table(5); console.table("text"); console.table(null);
  const { log } = console; log("unbound");
  [1, 2].forEach(console.log);
`;

test("calls write what they write in Node", async () => {
  const { logs, error } = await run(`exports.onExecutePostUserRegistration = async () => { ${calls} };`);
  assert.equal(error, undefined);
  const lines = [];
  const sink = new Writable({ decodeStrings: false, write: (chunk, _, done) => (lines.push(chunk.replace(/\n$/, "")), done()) });
  new Function("console", calls)(new Console(sink));
  assert.deepEqual(logs.map((l) => l.message), lines);
});

test("each call has the level of its name", async () => {
  const { logs } = await run(`exports.onExecutePostUserRegistration = async () => {
    for (const name of ["trace", "debug", "log", "info", "warn", "error"]) console[name]("x");
    process.stdout.write("out\\n"); process.stderr.write("err");
  };`);
  assert.deepEqual(logs.map((l) => l.level), ["trace", "debug", "info", "info", "warn", "error", "info", "error"]);
  assert.match(logs[0].message, /^Trace: x\n {4}at /);
  assert.deepEqual(logs.slice(-2).map((l) => l.message), ["out", "err"]);
});

test("tables have the form that Node 22 gives them", async () => {
  const { logs } = await run(`exports.onExecutePostUserRegistration = async () => {
    console.table([{ a: 1, b: "x" }, { a: 2, c: { d: 1 } }]);
    console.table([[1, 2], [3]]);
    console.table(["p", "q"]);
    console.table({ r: { v: 1 }, s: { v: 2 } });
    console.table([{ a: 1, b: 2 }], ["b"]);
    console.table(new Map([["k", { v: 1 }]]));
    console.table(new Set(["é", "日本"]));
  };`);
  assert.deepEqual(logs.map((l) => l.message), [
    "┌─────────┬───┬─────┬──────────┐\n│ (index) │ a │ b   │ c        │\n├─────────┼───┼─────┼──────────┤\n│ 0       │ 1 │ 'x' │          │\n│ 1       │ 2 │     │ { d: 1 } │\n└─────────┴───┴─────┴──────────┘",
    "┌─────────┬───┬───┐\n│ (index) │ 0 │ 1 │\n├─────────┼───┼───┤\n│ 0       │ 1 │ 2 │\n│ 1       │ 3 │   │\n└─────────┴───┴───┘",
    "┌─────────┬────────┐\n│ (index) │ Values │\n├─────────┼────────┤\n│ 0       │ 'p'    │\n│ 1       │ 'q'    │\n└─────────┴────────┘",
    "┌─────────┬───┐\n│ (index) │ v │\n├─────────┼───┤\n│ r       │ 1 │\n│ s       │ 2 │\n└─────────┴───┘",
    "┌─────────┬───┐\n│ (index) │ b │\n├─────────┼───┤\n│ 0       │ 2 │\n└─────────┴───┘",
    "┌───────────────────┬─────┬──────────┐\n│ (iteration index) │ Key │ Values   │\n├───────────────────┼─────┼──────────┤\n│ 0                 │ 'k' │ { v: 1 } │\n└───────────────────┴─────┴──────────┘",
    "┌───────────────────┬────────┐\n│ (iteration index) │ Values │\n├───────────────────┼────────┤\n│ 0                 │ 'é'    │\n│ 1                 │ '日本' │\n└───────────────────┴────────┘",
  ]);
});

test("times are printed as Node prints them", async () => {
  const { logs } = await run(`exports.onExecutePostUserRegistration = async () => {
    const wait = (ms) => new Promise((r) => setTimeout(r, ms));
    console.time("t"); await wait(5); console.timeLog("t", { more: 1 }); await wait(1495); console.timeEnd("t");
    console.time(); console.time("long"); await wait(15000); console.timeEnd(); 
    console.timeEnd("none");
    await wait(1);
  };`);
  assert.deepEqual(logs.map((l) => [l.level, l.message]), [
    ["info", "t: 5ms { more: 1 }"], ["info", "t: 1.500s"], ["info", "default: 15.000s"], ["warn", "(node:1) Warning: No such label 'none' for console.timeEnd()"],
  ]);
});

test("errors are shown with their frames, causes and properties", async () => {
  const { logs } = await run(`class Failure extends Error { constructor(m, o) { super(m, o); this.name = "Failure"; this.code = "E1"; } }
    function thrower() { throw new Failure("outer", { cause: new TypeError("inner") }); }
    exports.onExecutePostUserRegistration = async () => { try { thrower(); } catch (e) { console.log(e); console.log(e.stack.split("\\n")[0], e instanceof Failure); } };`);
  assert.match(logs[0].message, /^Failure: outer\n {4}at thrower \(usher-bundle\.js:\d+:\d+\)\n[\s\S]* {2}code: 'E1',\n {2}\[cause\]: TypeError: inner\n {6}at thrower \(usher-bundle\.js/);
  assert.equal(logs[1].message, "Failure: outer true");
});
