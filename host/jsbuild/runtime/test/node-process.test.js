// process, os and module are those of a small Linux machine with Node 22.
import assert from "node:assert/strict";
import { test } from "node:test";
import { beginning } from "./host.js";
import { run } from "./engine.js";

const printed = async (source, options) => {
  const { logs, error } = await run(`exports.onExecutePostUserRegistration = async () => { ${source} };`, options);
  assert.equal(error, undefined, JSON.stringify(error));
  return logs;
};

test("process describes Node 22 on Linux", async () => {
  const logs = await printed(`
    console.log(/^v22\\.\\d+\\.\\d+$/.test(process.version), process.versions.node === process.version.slice(1), process.platform, process.arch, process.browser, process.cwd(), process.argv.length, process.release.name);
    console.log(JSON.stringify(process.env), process.env.NOPE, Object.prototype.toString.call(process), process === require("node:process"), globalThis.global === globalThis);
    process.env.SET = "later"; console.log(process.env.SET, process.exitCode, process.stdout.isTTY, process.title, typeof process.memoryUsage().rss);
  `);
  assert.deepEqual(logs.map((l) => l.message), [
    "true true linux x64 undefined / 2 node",
    '{"NODE_ENV":"production"} undefined [object process] true true',
    "later undefined false node number",
  ]);
});

test("process measures by the run's clock", async () => {
  const [now, passed] = await printed(`
    const start = process.hrtime(); const big = process.hrtime.bigint(); console.log(String(big / 1000000n));
    await new Promise((r) => setTimeout(r, 1500));
    console.log(JSON.stringify(process.hrtime(start).map((n, i) => i ? Math.round(n / 1e6) : n)), String((process.hrtime.bigint() - big) / 1000000n), process.uptime() >= 0);
  `);
  assert.equal(now.message, String(beginning));
  assert.equal(passed.message, "[1,500] 1500 true");
});

test("warnings go to the log and to listeners", async () => {
  const logs = await printed(`
    process.on("warning", (w) => console.log("heard", w.name, w.code));
    process.emitWarning("careful", { type: "Custom", code: "C1", detail: "more" });
    const old = require("util").deprecate(() => 5, "old() is old", "DEP_1"); console.log(old(), old());
    process.once("unhandledRejection", () => {}); process.on("exit", () => {}); process.off("exit", () => {});
    await new Promise((r) => setTimeout(r, 1));
  `);
  assert.deepEqual(logs.map((l) => `${l.level} ${l.message}`), [
    "info 5 5", "info heard Custom C1", "warn (node:1) [C1] Custom: careful\nmore", "info heard DeprecationWarning DEP_1", "warn (node:1) [DEP_1] DeprecationWarning: old() is old",
  ]);
});

test("the standard streams write to the log", async () => {
  const logs = await printed(`
    const { Readable } = require("stream");
    process.stdout.write("one\\n"); process.stderr.write(Buffer.from("two"));
    await new Promise((done) => Readable.from(["three"]).on("end", () => setTimeout(done, 1)).pipe(process.stdout));
    const own = new console.Console(process.stdout, process.stderr); own.log("four %d", 4); own.warn("five");
  `);
  assert.deepEqual(logs.map((l) => `${l.level} ${l.message}`), ["info one", "error two", "info three", "info four 4", "error five"]);
});

test("os reveals nothing of the real machine", async () => {
  const [log] = await printed(`const os = require("os"); console.log(os.EOL === "\\n", os.platform(), os.type(), os.hostname(), os.tmpdir(), os.cpus(), os.networkInterfaces(), os.userInfo().username, os.constants.signals.SIGTERM);`);
  assert.equal(log.message, "true linux Linux usher /tmp [] {} usher 15");
});

test("module knows what is built in", async () => {
  const logs = await printed(`
    const module_ = require("module"); const own = module_.createRequire("/x/y.js");
    console.log(module_.builtinModules.includes("fs"), module_.isBuiltin("node:fs"), module_.isBuiltin("left-pad"), module_.isBuiltin("test"), module_.isBuiltin("node:test"), own("node:path") === require("path"), module_.Module === module_);
    const code = (f) => { try { return f(); } catch (e) { return e.code; } };
    console.log(code(() => own("left-pad")), code(() => own("node:left-pad")), code(() => own("test")), code(() => own(1)), code(() => module_.createRequire("x")), own.resolve("fs"), code(() => require.resolve("left-pad")));
    console.log(process.getBuiltinModule("node:path") === require("path"), process.getBuiltinModule("left-pad"), process.getBuiltinModule("test"), code(() => process.getBuiltinModule(1)));
  `);
  assert.equal(logs[0].message, "true true false false true true true");
  assert.equal(logs[1].message, "MODULE_NOT_FOUND ERR_UNKNOWN_BUILTIN_MODULE MODULE_NOT_FOUND ERR_INVALID_ARG_TYPE ERR_INVALID_ARG_VALUE fs MODULE_NOT_FOUND");
  assert.equal(logs[2].message, "true undefined undefined ERR_INVALID_ARG_TYPE");
});

test("stacks are as programs expect them", async () => {
  const logs = await printed(`
    class Mine extends Error { constructor(m) { super(m); this.name = "Mine"; } }
    function Old(m) { Error.captureStackTrace(this, Old); this.name = "Old"; this.message = m; } Old.prototype = Object.create(Error.prototype);
    const first = (e) => e.stack.split("\\n")[0]; const frame = (e) => /at .*usher-bundle/.test(e.stack.split("\\n")[1]);
    const changed = new Error("before"); changed.message = "after"; const read = new Error("before"); read.stack; read.message = "after";
    console.log(first(new Mine("m")), frame(new Mine("m")), first(new Old("o")), frame(new Old("o")), first(changed), first(read));
    const e = new Error("x"); e.stack = undefined; console.log(e.stack, Object.keys(e), JSON.stringify(e));
    const kept = Error.prepareStackTrace; Error.prepareStackTrace = (_, frames) => frames; const frames = new Error().stack; Error.prepareStackTrace = kept;
    console.log(Array.isArray(frames), typeof frames[0].getFileName(), typeof frames[0].getLineNumber(), first(new Error("again")));
    const o = {}; Error.captureStackTrace(o); console.log(typeof o.stack, require("util").getCallSites().length > 0, Error.stackTraceLimit);
  `);
  assert.deepEqual(logs.map((l) => l.message), ["Mine: m true Old: o true Error: after Error: before", "undefined [] {}", "true string number Error: again", "string true 10"]);
});
