// AsyncLocalStorage after every kind of wait. Each case gives what its storage holds.
const { AsyncLocalStorage, AsyncResource } = require("node:async_hooks");
const { EventEmitterAsyncResource } = require("node:events");
const dc = require("node:diagnostics_channel");
const { Readable } = require("node:stream");
const timers = require("node:timers/promises");
const util = require("node:util");

const als = new AsyncLocalStorage();
const other = new AsyncLocalStorage();
const seen = [];
const using = { disposed: async () => 1 };

const cases = [
  async () => als.run(1, () => als.getStore()),
  async () => als.getStore(),
  async () => als.run(1, () => als.run(2, () => als.getStore()) + als.getStore()),
  async () => als.run(3, () => als.exit(() => als.getStore())),
  async () => als.run(4, () => new Promise((r) => setTimeout(() => r(als.getStore()), 1))),
  async () => als.run(5, () => new Promise((r) => process.nextTick(() => r(als.getStore())))),
  async () => als.run(6, () => new Promise((r) => setImmediate(() => r(als.getStore())))),
  async () => als.run(7, () => new Promise((r) => queueMicrotask(() => r(als.getStore())))),
  async () => als.run(8, () => Promise.resolve().then(() => als.getStore())),
  async () => als.run(9, () => Promise.reject(1).catch(() => als.getStore())),
  async () => als.run(10, () => Promise.resolve().finally(() => {}).then(() => als.getStore())),
  async () => { const bound = als.run(11, () => AsyncResource.bind(() => als.getStore())); return bound(); },
  async () => { const snap = als.run(12, () => AsyncLocalStorage.snapshot()); return snap(() => als.getStore()); },
  async () => { const r = als.run(13, () => new AsyncResource("R")); return r.runInAsyncScope(() => als.getStore()); },
  async () => { const f = als.run(14, () => AsyncLocalStorage.bind((x) => als.getStore() + x)); return f(1); },
  async () => als.run(15, (a, b) => a + b, 1, 2),
  async () => als.run(20, async () => { await Promise.resolve(); return als.getStore(); }),
  async () => als.run(21, async () => { await timers.setTimeout(1); const a = als.getStore(); await timers.setTimeout(1); return [a, als.getStore()]; }),
  async () => als.run(22, async () => { try { await Promise.reject(new Error("r")); } catch { return als.getStore(); } }),
  async () => Promise.all([1, 2, 3].map((n) => als.run(n, async () => { await timers.setTimeout(4 - n); const inner = await als.run(n * 10, async () => { await timers.setTimeout(1); return als.getStore(); }); await Promise.resolve(); return [inner, als.getStore()]; }))),
  async () => als.run(23, async () => { const f = async () => { await timers.setTimeout(1); return als.getStore(); }; return [await f(), await Promise.all([f(), als.run(24, f)]), als.getStore()]; }),
  async () => als.run(25, async () => { async function* g() { await timers.setTimeout(1); yield als.getStore(); await timers.setTimeout(1); yield als.getStore(); } const out = []; for await (const v of g()) { out.push(v, als.getStore()); } return out; }),
  async () => { als.run(26, async () => { await timers.setTimeout(1); }); await timers.setTimeout(2); return als.getStore(); },
  async () => als.run(27, async () => { await Promise.race([timers.setTimeout(1), timers.setTimeout(5)]); await Promise.allSettled([Promise.reject(1)]); await Promise.any([Promise.resolve(1)]); return als.getStore(); }),
  async () => als.run(28, () => Promise.resolve().then(async () => { await Promise.resolve(); return als.getStore(); })),
  async () => als.run(29, async () => { als.enterWith(30); await Promise.resolve(); return als.getStore(); }),
  async () => als.run(31, async () => { const e = new (require("events"))(); setTimeout(() => e.emit("go", 1), 1); await require("events").once(e, "go"); return als.getStore(); }),
  async () => { const p = Promise.resolve(1); return [p.constructor === Promise, p instanceof Promise, Promise.resolve(p) === p, p.constructor.name, (async () => {})() instanceof Promise, Promise.name] },
  async () => { class Own extends Promise {} const p = Own.resolve(1); return [p instanceof Own, p instanceof Promise, p.then(() => 2) instanceof Own, await p, await p.then((x) => x + 1)]; },
  async () => new Promise((r) => r(1)).then((x) => x + 1).finally(() => {}),
  async () => als.run(32, async () => { await { then(resume) { resume(); } }; return als.getStore(); }),
  async () => als.run(33, async () => { await 1; return als.getStore(); }),
  async () => { const e = new (require("events"))(); als.run(16, () => e.on("x", () => e.got = als.getStore())); e.emit("x"); return e.got; },
  async () => { try { als.run(17, () => { throw new Error("out"); }); } catch (e) { return [e.message, als.getStore()]; } },
  // what is awaited and is no promise
  () => als.run(40, async () => { await undefined; const a = als.getStore(); await "x"; await {}; await (() => 1); return [a, als.getStore()]; }),
  () => als.run(41, async () => { const thenable = { then(resume) { seen.push(als.getStore()); resume(1); } }; return [await thenable, seen.pop(), als.getStore(), await Promise.resolve(thenable).then(() => als.getStore())]; }),
  () => als.run(42, async () => { const got = []; for await (const x of [1, Promise.resolve(2), { then(resume) { resume(als.getStore()); } }]) got.push(x, als.getStore()); return got; }),
  () => als.run(43, async () => { async function* inner() { yield 1; await 0; yield als.getStore(); } async function* outer() { yield* inner(); await null; yield als.getStore(); } const got = []; for await (const x of outer()) got.push(x); return got; }),
  async () => { const made = als.run(44, () => (async function* () { yield als.getStore(); await 1; yield als.getStore(); })()); return [(await made.next()).value, (await als.run(45, () => made.next())).value, als.getStore()]; },
  () => als.run(46, async () => { try { await null; throw new Error("x"); } catch { return als.getStore(); } finally { await 1; seen.push(als.getStore()); } }).then((store) => [store, seen.pop(), als.getStore()]),
  async () => { let settle; const waits = new Promise((resolve) => (settle = resolve)); const one = als.run(47, () => waits.then(() => als.getStore())); als.run(48, () => settle()); return [await one, await waits.then(() => als.getStore())]; },
  () => als.run(49, async () => { als.enterWith(50); await null; const inner = als.getStore(); return [inner, await (async () => { await 1; return als.getStore(); })()]; }).then((got) => [got, als.getStore()]),
  () => als.run(51, () => other.run("b", async () => { await 1; return [als.getStore(), other.getStore(), als.exit(() => als.getStore())]; })),
  () => als.run(52, async () => { await using.disposed(); return als.getStore(); }),
  () => als.run(53, () => new Promise((resolve) => new EventEmitterAsyncResource({ name: "E" }).on("x", function () { resolve([als.getStore(), typeof this.asyncId]); }).emit("x"))),
  async () => { const emitter = als.run(54, () => new EventEmitterAsyncResource({ name: "E" })); return new Promise((resolve) => als.run(55, () => { emitter.on("x", () => resolve(als.getStore())); emitter.emit("x"); })); },
  async () => { const channel = dc.channel("stores"); channel.bindStore(als, (data) => data.id); const got = channel.runStores({ id: 56 }, () => als.getStore()); channel.unbindStore(als); return [got, channel.runStores({ id: 57 }, () => als.getStore())]; },
  async () => { const tracing = dc.tracingChannel("traced"); tracing.start.bindStore(als, (data) => data.id); const got = await tracing.tracePromise(async () => { await 1; return als.getStore(); }, { id: 58 }); tracing.start.unbindStore(als); return got; },
  () => als.run(59, () => new Promise((resolve) => setTimeout(async () => { await 0; resolve(als.getStore()); }, 1))),
  () => als.run(60, async () => { const stop = new AbortController(); const told = new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve(als.getStore()))); stop.abort(); return told; }),
  () => als.run(61, async () => { await fetch("data:text/plain,x").then((r) => r.text()); return als.getStore(); }),
  () => als.run(62, () => util.promisify(setTimeout)(1).then(() => als.getStore())),
  () => als.run(63, async () => { const { readable, writable } = new TransformStream(); const writer = writable.getWriter(); writer.write(1); writer.close(); for await (const x of readable) seen.push(x); seen.pop(); return als.getStore(); }),
  () => als.run(64, async () => { for await (const x of Readable.from([1])) seen.push(x); seen.pop(); return als.getStore(); }),
  () => als.run(65, async () => (await Promise.all([1, null, { then(r) { r(2); } }].map(async (x) => [await x, als.getStore()])))),
  () => als.run(66, () => { class Own extends Promise {} return Own.resolve(1).then(() => als.getStore()); }),
  async () => { als.enterWith(67); await 1; const a = als.getStore(); await new Promise((r) => setTimeout(r, 1)); const b = als.getStore(); als.disable(); return [a, b, als.getStore()]; },
];

exports.onExecutePostUserRegistration = async () => {
  for (const [i, one] of cases.entries()) {
    try {
      console.log(i, await one());
    } catch (error) {
      console.log(i, error.name, error.message);
    }
  }
};
