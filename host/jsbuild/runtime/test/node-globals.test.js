// Globals and constructors are in the engine what they are in Node.
import { test } from "node:test";
import { same } from "./node-same.js";

test("call sites", async () => {
  await same({
    prelude: `
      const sites = (f = (_, list) => list) => { const before = Error.prepareStackTrace; Error.prepareStackTrace = f; const { stack } = new Error("x"); Error.prepareStackTrace = before; return stack; };
      const top = () => sites()[1];
    `,
    corpus: `
      Object.getOwnPropertyNames(Object.getPrototypeOf(top())).sort().join()
      Object.keys(top())
      top().constructor.name
      [typeof top().isEval(), top().isNative(), top().isAsync(), top().isConstructor(), top().isPromiseAll(), top().isToplevel()]
      [typeof top().getEvalOrigin, top().getPromiseIndex(), top().getThis() === undefined || top().getThis() === globalThis]
      [top().getFileName() === top().getScriptNameOrSourceURL(), typeof top().getLineNumber(), typeof top().getColumnNumber(), typeof top().getEnclosingLineNumber(), typeof top().getEnclosingColumnNumber(), typeof top().getPosition(), typeof top().getScriptHash()]
      (function named() { return top().getFunctionName(); })()
      /^named \\(.+:\\d+:\\d+\\)$/.test((function named() { return String(top()); })())
      { class A { constructor() { this.site = top(); } } const { site } = new A(); return [site.isConstructor(), site.getFunctionName(), site.isToplevel(), /^new A \\(/.test(String(site))]; }
      { const o = {}; const limit = Error.stackTraceLimit; Error.stackTraceLimit = 2; Error.prepareStackTrace = (_, list) => list; Error.captureStackTrace(o); const { length } = o.stack; Error.stackTraceLimit = limit; Error.prepareStackTrace = undefined; return [length, typeof new Error("after").stack]; }
      { const o = {}; const below = function inner() { Error.captureStackTrace(o, inner); }; const above = function outer() { below(); }; Error.prepareStackTrace = (_, list) => list; above(); const name = o.stack[0].getFunctionName(); delete Error.prepareStackTrace; return [name, new Error("after").stack.split("\\n")[0]]; }
      { Error.prepareStackTrace = (error, list) => error.message + " " + Array.isArray(list); const { stack } = new Error("m"); Error.prepareStackTrace = undefined; return stack; }
    `,
  });
});

test("constructors with and without new", async () => {
  await same({
    prelude: `
      const http = require("http"); const https = require("https"); const crypto = require("crypto"); const zlib = require("zlib"); const stream = require("stream"); const events = require("events"); const { StringDecoder } = require("string_decoder");
      const sink = new stream.Writable({ write(chunk, _, done) { done(); } });
      function inherits(Parent) { function Child(...args) { Parent.call(this, ...args); this.own = 1; } util.inherits(Child, Parent); return Child; }
    `,
    corpus: `
      new Buffer.from("id:secret").toString("base64")
      [new Buffer.alloc(2), new Buffer.allocUnsafe(1).length, new Buffer.concat([Buffer.from("a")])]
      [http.Agent() instanceof http.Agent, https.Agent() instanceof https.Agent, https.Agent() instanceof http.Agent]
      { const Child = inherits(http.Agent); const a = new Child({ maxSockets: 3 }); return [a.maxSockets, a.own, a instanceof http.Agent, typeof a.on, a.protocol]; }
      { const Child = inherits(https.Agent); const a = new Child(); return [a.defaultPort, a.protocol, a.options.noDelay]; }
      { const Child = inherits(http.IncomingMessage); const m = new Child(null); return [m.own, m.httpVersion, m.statusCode, typeof m.pipe, m.headers]; }
      { const Child = inherits(events); const e = new Child(); let got; e.on("x", (v) => (got = v)); e.emit("x", 5); return got; }
      { const Child = inherits(stream.Transform); const t = new Child({ transform(c, _, done) { done(null, String(c).toUpperCase()); } }); t.end("a"); return new Promise((r) => t.on("data", (d) => r(String(d)))); }
      [stream.Readable() instanceof stream.Readable, stream.PassThrough() instanceof stream.PassThrough, stream.Duplex() instanceof stream.Duplex, stream.Writable() instanceof stream.Writable]
      [zlib.Gzip() instanceof zlib.Gzip, zlib.Inflate() instanceof zlib.Inflate]
      [crypto.Hash("md5") instanceof crypto.Hash, crypto.Hmac("sha256", "k") instanceof crypto.Hmac, typeof crypto.Hash("md5").update, crypto.createHash("md5") instanceof crypto.Hash]
      { class Mine extends crypto.Hash {} return [new Mine("md5") instanceof crypto.Hash, new Mine("md5") instanceof Mine]; }
      [crypto.Sign("sha256") instanceof crypto.Sign, crypto.Verify("sha256") instanceof crypto.Verify, crypto.ECDH("prime256v1") instanceof crypto.ECDH]
      crypto.Cipheriv("aes-128-cbc", Buffer.alloc(16), Buffer.alloc(16)) instanceof crypto.Cipheriv
      crypto.Decipheriv("aes-128-cbc", Buffer.alloc(16), Buffer.alloc(16)) instanceof crypto.Decipheriv
      console.Console(sink) instanceof console.Console
      { const lines = []; const c = console.Console({ stdout: new stream.Writable({ write(chunk, _, done) { lines.push(String(chunk)); done(); } }) }); c.log("a", 1); return lines; }
      { class Mine extends console.Console {} return [typeof new Mine(sink).log, new Mine(sink) instanceof console.Console]; }
      { const d = Object.create(StringDecoder.prototype); StringDecoder.call(d, "utf8"); return d.write(Buffer.from("ü")); }
      new util.inspect({ a: 1 }) instanceof Object
      [new util.promisify((done) => done()).length, new (require("url").parse)("http://a/b").pathname, new (require("querystring").parse)("a=1").a]
      new http.get.constructor("return 1")()
      crypto.Hash()
      new crypto.Hash("nope")
    `,
  });
});

test("Atomics and WeakRef", async () => {
  await same({
    prelude: `
      const ints = (...values) => { const a = new Int32Array(new SharedArrayBuffer(4 * values.length)); a.set(values); return a; };
      const later = (ms) => new Promise((r) => setTimeout(r, ms));
    `,
    corpus: `
      Reflect.ownKeys(Atomics).filter((k) => k !== "pause").map(String).sort().join()
      Object.prototype.toString.call(Atomics)
      { const a = ints(1, 2); return [Atomics.add(a, 0, 5), Atomics.sub(a, 1, 1), Atomics.load(a, 0), Atomics.exchange(a, 0, 9), Atomics.store(a, 1, 3.9), a]; }
      { const a = ints(6); return [Atomics.and(a, 0, 3), Atomics.or(a, 0, 8), Atomics.xor(a, 0, 1), a[0]]; }
      { const a = new Uint8Array(1); return [Atomics.add(a, 0, 257), Atomics.add(a, 0, 255), a[0], Atomics.store(a, 0, 300), a[0]]; }
      { const a = new BigInt64Array(1); return [Atomics.add(a, 0, 5n), Atomics.compareExchange(a, 0, 5n, 7n), a[0]]; }
      { const a = ints(4); return [Atomics.compareExchange(a, 0, 3, 1), Atomics.compareExchange(a, 0, 4, 1), a[0]]; }
      [1, 2, 3, 4, 8, 16].map((n) => Atomics.isLockFree(n))
      Atomics.add([], 0, 1)
      Atomics.add(new Float64Array(1), 0, 1)
      Atomics.load(ints(1), 1)
      Atomics.load(ints(1), -1)
      Atomics.load(ints(1), "0")
      Atomics.add(new BigInt64Array(1), 0, 1)
      [Atomics.wait(ints(1), 0, 2), Atomics.wait(ints(1), 0, 1, 5), Atomics.notify(ints(1), 0), Atomics.notify(new Int32Array(1), 0)]
      { const begun = Date.now(); Atomics.wait(ints(0), 0, 0, 50); return Date.now() - begun >= 49; }
      Atomics.wait(new Int32Array(1), 0, 0, 1)
      Atomics.wait(new Uint8Array(new SharedArrayBuffer(1)), 0, 0, 1)
      { const a = ints(0); const waits = Atomics.waitAsync(a, 0, 0); const woken = Atomics.notify(a, 0); const [got] = await Promise.all([waits.value, later(100)]); return [waits.async, woken, got]; }
      Atomics.waitAsync(ints(1), 0, 0)
      Atomics.waitAsync(ints(0), 0, 0, 0)
      { const { value } = Atomics.waitAsync(ints(0), 0, 0, 5); const [got] = await Promise.all([value, later(100)]); return got; }
      new WeakRef({ a: 1 }).deref()
      { const ref = new WeakRef({ a: 1 }); await null; return ref.deref(); }
      { const kept = {}; const ref = new WeakRef(kept); await later(5); return ref.deref() === kept; }
      { class Mine extends WeakRef { get alive() { return this.deref() !== undefined; } } return [new Mine({}).alive, new Mine({}) instanceof WeakRef]; }
      new WeakRef(1)
      WeakRef({})
      [WeakRef.name, WeakRef.length, Object.prototype.toString.call(new WeakRef({})), WeakRef.prototype.constructor === WeakRef]
      [typeof self, typeof window, typeof Atomics, typeof SharedArrayBuffer, typeof FinalizationRegistry, typeof global, global === globalThis]
      new FinalizationRegistry(() => {}).register({}, 1)
    `,
  });
});
