// util, assert and events do in the engine what they do in Node.
import { test } from "node:test";
import { same } from "./node-same.js";

test("util", async () => {
  await same({
    prelude: `
      const settle = (p) => p.then((v) => ["fulfilled", v], (e) => ["rejected", e.message, e.code]);
      const types = Object.keys(util.types).filter((n) => !["isProxy", "isExternal", "isKeyObject", "isCryptoKey", "isEventTarget", "isFloat16Array"].includes(n));
      const which = (v) => types.filter((n) => util.types[n](v)).sort().join();
      const { isDeepStrictEqual: same, parseArgs } = util;
      const cyclic = () => { const a = { x: 1 }; a.self = a; return a; };
    `,
    corpus: `
      settle(util.promisify((a, cb) => cb(null, a + 1))(1))
      settle(util.promisify((cb) => cb(new Error("bad")))())
      util.promisify("x")
      util.promisify(setTimeout) === require("timers/promises").setTimeout
      { const f = () => {}; f[util.promisify.custom] = () => 5; return util.promisify(f)(); }
      { class A { async get(cb) { cb(null, this.v); } } const a = new A(); a.v = 3; return util.promisify(a.get).call(a); }
      new Promise((r) => util.callbackify(async (x) => x * 2)(4, (e, v) => r([e, v])))
      new Promise((r) => util.callbackify(async () => { throw null; })((e) => r([e.code, e.message, e.reason])))
      util.callbackify(async () => 1)()
      { function A() {} function B() {} B.prototype.hi = () => "hi"; util.inherits(A, B); return new A().hi() + (A.super_ === B); }
      util.inherits(class {}, null)
      [util.isArray([]), util.isDate(new Date()), util.isRegExp(/x/), util.isError(new Error()), util.isPrimitive(1), util.isFunction(() => {}), util.isObject({}), util.isString("x")]
      util.toUSVString("a\\ud800b")
      util.stripVTControlCharacters("\\u001b[31mred\\u001b[39m")
      util.styleText("red", "x")
      util.styleText(["bold", "underline"], "x", { validateStream: false })
      util.styleText("nope", "x")
      util.types.isPromise(Promise.resolve()) && !util.types.isPromise({ then() {} })
      which(new Map())
      which(new Set().values())
      which(new Map().entries())
      which(/x/)
      which(new Date())
      which(new Error())
      which(async () => {})
      which(function* () {})
      which((function* () {})())
      which(new Uint8Array(1))
      which(new DataView(new ArrayBuffer(1)))
      which(new ArrayBuffer(1))
      which(Object(1n))
      which(Object("s"))
      which(new WeakMap())
      which(new WeakSet())
      which((function () { return arguments; })())
      which(Promise.resolve())
      which({ [Symbol.toStringTag]: "Date" })
      which(Object.create(Map.prototype))
      which(null)
      same({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })
      same([1, , 3], [1, undefined, 3])
      same(0, -0)
      same(NaN, NaN)
      same(new Set([{ a: 1 }, 2]), new Set([2, { a: 1 }]))
      same(new Map([[{ k: 1 }, 1]]), new Map([[{ k: 1 }, 1]]))
      same(new Map([["a", 1], ["b", 2]]), new Map([["b", 2], ["a", 1]]))
      same(new Date(1), new Date(1))
      same(/a/g, /a/i)
      same({ a: undefined }, {})
      same([1], { 0: 1, length: 1 })
      same(Object.create(null), {})
      same(new Error("a"), new Error("a"))
      same(new Error("a"), new Error("b"))
      same(cyclic(), cyclic())
      same(new Uint8Array([1, 2]), new Uint8Array([1, 2]))
      same(Buffer.from("a"), new Uint8Array([97]))
      same(Object("a"), Object("a"))
      same({ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 2 })
      same(() => {}, () => {})
      same("a", "a")
      parseArgs({ args: ["-f", "--bar", "b", "--no-color", "pos"], options: { foo: { type: "boolean", short: "f" }, bar: { type: "string" } }, strict: false, allowPositionals: true }).positionals
      parseArgs({ args: ["--nope"], options: {} })
      util.debuglog("x").enabled
      typeof util.deprecate(() => 1, "old", "DEP_X")
      util.inspect.custom === Symbol.for("nodejs.util.inspect.custom")
      util.inspect.defaultOptions
      new util.MIMEType("text/html; charset=utf-8").essence
      String(new util.MIMEType("text/html; charset=utf-8"))
      { const m = new util.MIMEType("Text/Plain;A=1;b=\\"x y\\""); m.subtype = "css"; m.params.set("c", "d e"); return [String(m), [...m.params], m.params.get("zz"), JSON.stringify(m)]; }
      new util.MIMEType("nope")
      util.getSystemErrorName(-2)
      util.getSystemErrorName(-111)
      util.getSystemErrorName(1)
      util._extend({ a: 1 }, { b: 2 })
      util.TextEncoder === TextEncoder && util.TextDecoder === TextDecoder
      util.parseEnv ? util.parseEnv("A=1\\nB='x y' # c\\nexport C=\\"l\\\\nm\\"\\n#D=1\\nE=a=b") : "none"
    `,
  });
});

test("assert", async () => {
  await same({
    prelude: `
      const assert = require("assert");
      const reported = async (f) => { try { await f(); return "held"; } catch (e) { return [e.name, e.code, e.operator, e.generatedMessage, e.message].join(" | "); } };
      const { strict } = assert;
    `,
    corpus: `
      reported(() => assert(1))
      reported(() => assert(0, "zero"))
      reported(() => assert(false, new TypeError("mine")))
      reported(() => assert.equal(1, "1"))
      reported(() => assert.equal(1, 2))
      reported(() => assert.equal("a".repeat(20), { x: 1 }))
      reported(() => assert.notEqual(1, 1))
      reported(() => assert.strictEqual(1, 2))
      reported(() => assert.strictEqual("a", "b"))
      reported(() => assert.strictEqual(1, 2, "own words"))
      reported(() => assert.strictEqual(NaN, NaN))
      reported(() => assert.strictEqual({}, {}))
      reported(() => assert.notStrictEqual(1, 1))
      reported(() => assert.notStrictEqual("a long string", "a long string"))
      reported(() => assert.deepEqual({ a: 1 }, { a: "1" }))
      reported(() => assert.deepEqual([1, 2], [1, 3]))
      reported(() => assert.deepStrictEqual({ a: 1 }, { a: 1 }))
      reported(() => assert.notDeepStrictEqual({ a: 1 }, { a: 1 }))
      reported(() => assert.notDeepEqual({ a: 1 }, { a: 1 }))
      reported(() => assert.throws(() => { throw new Error("x"); }))
      reported(() => assert.throws(() => {}))
      reported(() => assert.throws(() => {}, TypeError))
      reported(() => assert.throws(() => {}, "words"))
      reported(() => assert.throws(() => { throw new Error("abc"); }, /b/))
      reported(() => assert.throws(() => { throw new Error("abc"); }, /z/))
      reported(() => assert.throws(() => { throw new Error("abc"); }, TypeError))
      reported(() => assert.throws(() => { throw new TypeError("abc"); }, { name: "TypeError", message: /b/ }))
      reported(() => assert.throws(() => { throw new Error("abc"); }, (e) => e.message === "abc"))
      reported(() => assert.throws("x"))
      reported(() => assert.doesNotThrow(() => {}))
      reported(() => assert.doesNotThrow(() => { throw new Error("x"); }))
      reported(() => assert.doesNotThrow(() => { throw new Error("x"); }, "why"))
      reported(() => assert.rejects(Promise.reject(new Error("x"))))
      reported(() => assert.rejects(Promise.resolve()))
      reported(() => assert.rejects(async () => { throw new Error("x"); }, { message: "x" }))
      reported(() => assert.rejects(5))
      reported(() => assert.doesNotReject(Promise.reject(new Error("x"))))
      reported(() => assert.match("abc", /b/))
      reported(() => assert.match("abc", /z/))
      reported(() => assert.match(5, /z/))
      reported(() => assert.doesNotMatch("abc", /b/))
      reported(() => assert.ifError(null))
      reported(() => assert.ifError(new Error("e")))
      reported(() => assert.ifError("text"))
      reported(() => assert.fail())
      reported(() => assert.fail("why"))
      reported(() => assert.fail(new TypeError("own")))
      reported(() => assert.strictEqual(1))
      reported(() => strict.equal(1, "1"))
      reported(() => assert.strictEqual("a\\nb\\nc", "a\\nb\\nd"))
      reported(() => assert.strictEqual("aaaaaaaaaaaaaaaaaaaaaaaaaaa", "b"))
      reported(() => assert.strictEqual(undefined, null))
      reported(() => assert.strictEqual([1], [1]))
      reported(() => assert.strictEqual({ a: 1 }, { a: 2 }))
      reported(() => assert.deepStrictEqual({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }))
      reported(() => assert.deepStrictEqual([0, 1, 2, 3, 4, 5, "a"], [0, 1, 2, 3, 4, 5, "b"]))
      reported(() => assert.deepStrictEqual(["a", 0, 1, 2, 3, 4, 5], ["b", 0, 1, 2, 3, 4, 5]))
      reported(() => assert.deepStrictEqual(["a", 0, 1, 2, 3, 4, 5, "c"], ["b", 0, 1, 2, 3, 4, 5, "d"]))
      reported(() => assert.deepStrictEqual(["a", 0, 1, 2, "c"], ["b", 0, 1, 2, "d"]))
      reported(() => assert.deepStrictEqual(new Map([[1, 2]]), new Map([[1, 3]])))
      reported(() => assert.deepStrictEqual({ a: 1 }, { a: 1, b: 2 }, "mine"))
      reported(() => assert.deepStrictEqual([1, 2], [1, 2, 3]))
      reported(() => assert.notDeepStrictEqual([1], [1]))
      reported(() => assert.notStrictEqual(assert, assert, "same"))
      reported(() => strict.deepEqual([1], ["1"]))
      strict.strict === strict && assert.strict === strict && strict.equal === assert.strictEqual
      new assert.AssertionError({ actual: 1, expected: 2, operator: "strictEqual" }).message
      new assert.AssertionError({ message: "m" }).name
    `,
  });
});

test("events", async () => {
  await same({
    prelude: `
      const EventEmitter = require("events"); const { once, on } = EventEmitter;
      const make = () => { const log = []; const e = new EventEmitter(); e.log = log; return e; };
    `,
    corpus: `
      { const e = make(); e.on("a", (...x) => e.log.push(x)); e.once("a", (x) => e.log.push("once" + x)); e.prependListener("a", () => e.log.push("first")); return [e.emit("a", 1, 2), e.emit("a", 3), e.emit("b"), e.log]; }
      { const e = make(); e.on("newListener", (n) => e.log.push("new " + String(n))); e.on("removeListener", (n) => e.log.push("gone " + n)); const f = () => {}; e.on("x", f); e.off("x", f); e.removeAllListeners(); return e.log; }
      { const e = make(); e.on("a", () => {}); e.on(Symbol.for("s"), () => {}); return [e.eventNames(), e.listenerCount("a"), EventEmitter.listenerCount(e, "a"), e.rawListeners("a").length, e.getMaxListeners()]; }
      { const e = make(); e.emit("error", new TypeError("unheard")); return 1; }
      { const e = make(); e.emit("error", "text"); return 1; }
      { const e = make(); e.emit("error", { a: 1 }); return 1; }
      { const e = make(); e.emit("error"); return 1; }
      { const e = make(); e.on(EventEmitter.errorMonitor, (x) => e.log.push("seen " + x.message)); try { e.emit("error", new Error("m")); } catch (x) { e.log.push("thrown"); } return e.log; }
      { const e = make(); e.on("a"); return 1; }
      { const e = make(); e.on("a", 5); return 1; }
      { const e = make(); e.setMaxListeners(-1); return 1; }
      { const e = make(); setTimeout(() => e.emit("go", 1, 2), 1); return once(e, "go"); }
      { const e = make(); setTimeout(() => e.emit("error", new Error("late")), 1); return once(e, "go"); }
      { const e = make(); return once(e, "go", { signal: AbortSignal.abort() }); }
      { const e = make(); const ac = new AbortController(); setTimeout(() => { e.emit("v", 1); e.emit("v", 2); }, 1); const got = []; for await (const [v] of on(e, "v")) { got.push(v); if (v === 2) break; } return got; }
      { const e = make(); const ac = new AbortController(); setTimeout(() => ac.abort(), 1); for await (const v of on(e, "v", { signal: ac.signal })) { } return 1; }
      { const e = new EventEmitter({ captureRejections: true }); const p = once(e, "x").catch((x) => "captured " + x.message); e.on("y", async () => { throw new Error("async"); }); e.emit("y"); return p; }
      { class Mine extends EventEmitter { constructor() { super(); this.v = 1; } } const m = new Mine(); m.on("q", function () { this.v++; }); m.emit("q"); return [m.v, m instanceof EventEmitter, Mine.name]; }
      { function Old() { EventEmitter.call(this); } util.inherits(Old, EventEmitter); const o = new Old(); let n = 0; o.on("z", () => n++); o.emit("z"); return n; }
      { const e = make(); const f = () => e.log.push("f"); e.on("a", f); e.on("a", () => { e.off("a", f); e.log.push("g"); }); e.on("a", f); e.emit("a"); e.emit("a"); return e.log; }
      EventEmitter.EventEmitter === EventEmitter && EventEmitter.defaultMaxListeners
      require("stream").Readable.prototype instanceof EventEmitter
      [typeof EventEmitter.setMaxListeners, typeof EventEmitter.getEventListeners, String(EventEmitter.captureRejectionSymbol), String(EventEmitter.errorMonitor)]
      { const t = new EventTarget(); setTimeout(() => t.dispatchEvent(new Event("ev")), 1); const [e] = await once(t, "ev"); return e.type; }
    `,
  });
});
