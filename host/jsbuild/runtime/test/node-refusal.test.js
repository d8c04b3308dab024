// What a sandbox cannot have may be required, and says what to use instead
// when it is used.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { run } from "./engine.js";

const require = createRequire(import.meta.url);

const reported = async (source) => {
  const { logs, error } = await run(`const tried = async (f) => { try { console.log("done", await f()); } catch (e) { console.log([e.name, e.code, e.message].join(" | ")); } };
    exports.onExecutePostUserRegistration = async () => { ${source} };`);
  assert.equal(error, undefined, JSON.stringify(error));
  return logs.map((l) => l.message);
};

const uses = {
  "new (require('net').Socket)()": "HTTP API",
  "require('net').connect(5432, 'db')": "HTTP API",
  "require('net').createServer()": "fetch or node:https",
  "require('tls').connect(443)": "fetch or node:https",
  "new (require('tls').TLSSocket)().write('x')": "fetch or node:https",
  "require('dgram').createSocket('udp4')": "fetch or node:https",
  "require('dns').lookup('x', () => {})": "the host resolves names",
  "require('dns').promises.lookup('x')": "the host resolves names",
  "require('dns/promises').resolveMx('x')": "the host resolves names",
  "require('fs').readFileSync('/etc/passwd')": "import the file",
  "require('fs').readFile('x', () => {})": "import the file",
  "require('fs').createReadStream('x')": "import the file",
  "require('fs').promises.readFile('x')": "import the file",
  "require('fs/promises').writeFile('x', 'y')": "api.cache",
  "require('child_process').execSync('ls')": "call a service with fetch",
  "require('child_process').spawn('ls')": "call a service with fetch",
  "new (require('worker_threads').Worker)('x')": "one thread",
  "require('cluster').fork()": "one thread",
  "require('vm').runInNewContext('1')": "run the code as it is",
  "new (require('vm').Script)('1')": "run the code as it is",
  "require('http2').connect('https://x')": "fetch or node:https",
  "require('readline').createInterface({})": "no terminal",
  "require('repl').start()": "no terminal",
  "new (require('inspector').Session)()": "usher dev",
  "require('v8').serialize({})": "structuredClone",
  "require('node:sqlite').DatabaseSync(':memory:')": "HTTP API",
  "require('node:test').test('x', () => {})": "node --test",
  "require('zlib').brotliDecompressSync(Buffer.alloc(1))": "gzip or deflate",
  "process.exit(1)": "return from the handler",
  "process.kill(1)": "return from the handler",
  "process.chdir('/')": "return from the handler",
  "require('os').setPriority(1)": "no process of its own",
};

test("every use is refused with what to do instead", async () => {
  const logs = await reported(Object.keys(uses).map((use) => `await tried(() => ${use});`).join("\n"));
  for (const [i, [use, instead]] of Object.entries(uses).entries()) {
    assert.ok(logs[i].startsWith("UnsupportedInSandboxError | ERR_SANDBOX_UNSUPPORTED | ") && logs[i].includes(instead), `${use}: ${logs[i]}`);
  }
});

test("requiring, extending and sniffing are not uses", async () => {
  const logs = await reported(`
    const { readFileSync, promises } = require("fs"); const { Socket } = require("net"); class Mine extends Socket {}
    const names = { ...require("fs") };
    console.log(typeof readFileSync, typeof promises.readFile, typeof Mine, typeof names.statSync, "readFile" in require("fs"), Object.keys(require("net")).length > 5);
    console.log(require("fs").existsSync("/x"), require("tty").isatty(1), require("worker_threads").isMainThread, require("cluster").isMaster, require("net").isIP("1.2.3.4"), require("net").isIP("::1"), require("net").isIP("1.2.3.400"), require("net").isIP("x"));
    console.log(typeof require("util").promisify(require("fs").readFile), require("fs").constants.R_OK, String(await require("fs").then), require("fs").default);
    console.log(require("fs").readFile === require("fs").readFile, require("fs").readFile.name, require("node:fs") === require("fs"));
  `);
  assert.deepEqual(logs, ["function function function function true true", "false false true true 4 6 0 0", "function 4 undefined undefined", "true readFile true"]);
});

test("an import of a module finds its names", async () => {
  const { logs, error } = await run(`
    import fs, { readFileSync as read } from "node:fs"; import * as path from "path"; import os from "os"; import { EventEmitter } from "events"; import events from "events";
    import { Buffer } from "node:buffer"; import process from "node:process"; import { inspect } from "util"; import assert, { equal } from "assert"; import * as ns from "node:stream"; import { promises as p } from "fs";
    export const onExecutePostUserRegistration = async () => {
      console.log(typeof fs.readFileSync, typeof read, path.join("a", "b"), os.EOL === "\\n", EventEmitter === events, Buffer === globalThis.Buffer, process === globalThis.process, inspect({ a: 1 }), typeof assert, typeof equal, typeof ns.Readable, typeof p.readFile);
    };`);
  assert.equal(error, undefined);
  assert.deepEqual(logs.map((l) => l.message), ["function function a/b true true true true { a: 1 } function function function function"]);
});

test("all of Node's modules are there, with and without the prefix", async () => {
  const names = require("node:module").builtinModules.filter((name) => !name.startsWith("_") && !name.startsWith("node:"));
  const { logs } = await run(`
    const found = { ${names.map((name) => `${JSON.stringify(name)}: () => [require(${JSON.stringify(name)}), require(${JSON.stringify(`node:${name}`)})]`).join(", ")} };
    exports.onExecutePostUserRegistration = async () => { for (const name in found) { const [a, b] = found[name](); if (!a || a !== b) console.log(name); } };`);
  assert.deepEqual(logs.map((l) => l.message), []);
});

// missing lists what Node's own modules have and the engine's have not.
const missing = {
  async_hooks: [], assert: ["CallTracker"], buffer: [], console: ["_ignoreErrors", "_stderr", "_stderrErrorHandler", "_stdout", "_stdoutErrorHandler", "_times", "context", "createTask"],
  diagnostics_channel: [], events: ["init", "kMaxEventTargetListeners", "kMaxEventTargetListenersWarned"], http: ["_connectionListener", "CloseEvent", "MessageEvent", "WebSocket"], https: [], os: [], path: ["_makeLong", "matchesGlob"], querystring: [], stream: ["_isArrayBufferView", "isDestroyed"], string_decoder: [], timers: ["active", "enroll", "unenroll", "_unrefActive"], url: [], util: [],
};

test("no name that Node's modules have is missing but those that are known", async () => {
  const names = Object.keys(missing);
  const { logs } = await run(`
    const modules = { ${names.map((name) => `${name}: require(${JSON.stringify(name)})`).join(", ")} };
    exports.onExecutePostUserRegistration = async () => { for (const name in modules) console.log(JSON.stringify(Object.getOwnPropertyNames(modules[name]))); };`);
  const found = Object.fromEntries(names.map((name, i) => [name, JSON.parse(logs[i].message)]));
  const lacking = names.map((name) => [name, Object.keys(require(name)).filter((key) => !found[name].includes(key) && !missing[name].includes(key))]).filter(([, keys]) => keys.length > 0);
  assert.deepEqual(lacking, []);
});
