// Streams, compression and timers go their way in the engine as in Node.
import { test } from "node:test";
import { same } from "./node-same.js";

test("streams", async () => {
  await same({
    prelude: `
      const stream = require("stream"); const { Readable, Writable, Transform, Duplex, PassThrough, pipeline, finished } = stream;
      const { text, json, buffer, arrayBuffer } = require("stream/consumers"); const promises = require("stream/promises");
      const collect = async (r) => { const out = []; for await (const c of r) out.push(c); return out; };
      const sink = (log) => new Writable({ objectMode: true, write(c, e, cb) { log.push(String(c)); cb(); } });
      const watched = (s, log, names) => { for (const n of names) s.on(n, (x) => log.push(x instanceof Error ? n + " " + x.message : n)); return s; };
      const upper = () => new Transform({ transform(c, e, cb) { cb(null, String(c).toUpperCase()); } });
      const settled = () => new Promise((r) => setTimeout(r, 80));
    `,
    corpus: `
      collect(Readable.from(["a", "b", 1].filter((x) => x)))
      collect(Readable.from("whole"))
      collect(Readable.from(Buffer.from("buf")))
      collect(Readable.from((async function* () { yield 1; yield 2; })()))
      { const log = []; const r = watched(Readable.from(["x"]), log, ["end", "close", "data"]); r.on("data", (d) => log.push(d)); await settled(); return log; }
      { const log = []; const w = watched(sink(log), log, ["finish", "close", "pipe", "unpipe"]); Readable.from(["1", "2"]).pipe(w); await settled(); return log; }
      { const log = []; await promises.pipeline(Readable.from(["a", "b"]), upper(), sink(log)); return log; }
      { const log = []; pipeline(Readable.from(["a"]), new Transform({ transform(c, e, cb) { cb(new Error("bad")); } }), sink(log), (e) => log.push("cb " + e.message)); await settled(); return log; }
      { const log = []; const r = watched(new Readable({ read() {} }), log, ["error", "close", "end"]); r.destroy(new Error("gone")); await settled(); return [log, r.destroyed, r.errored.message]; }
      { const r = new Readable({ read() {} }); r.push("a"); r.push(null); return text(r); }
      { const r = new Readable({ objectMode: true, read() { this.push({ n: 1 }); this.push(null); } }); return collect(r); }
      { const r = new Readable({ encoding: "utf8", read() {} }); r.push(Buffer.from([0xc3])); r.push(Buffer.from([0xa9])); r.push(null); return collect(r); }
      { const log = []; const w = new Writable({ highWaterMark: 3, write(c, e, cb) { setTimeout(cb, 1); } }); watched(w, log, ["drain", "finish"]); log.push(w.write("ab"), w.write("cd")); w.end(); await settled(); return log; }
      { const log = []; const w = new Writable({ writev(chunks, cb) { log.push(chunks.map((c) => String(c.chunk)).join("+")); cb(); } }); w.cork(); w.write("a"); w.write("b"); w.uncork(); w.end("c"); await settled(); return log; }
      { const w = new Writable({ write(c, e, cb) { cb(); } }); w.end(); const log = watched(w, [], ["error"]); w.on("error", (e) => w.log = e.code); w.write("late"); await settled(); return w.log; }
      { const log = []; finished(Readable.from(["a"]).resume(), (e) => log.push("finished", e)); await settled(); return log; }
      { const p = new PassThrough(); p.write("x"); p.end("y"); return text(p); }
      { const d = new Duplex({ read() { this.push("r"); this.push(null); }, write(c, e, cb) { cb(); } }); d.end("w"); return text(d); }
      json(Readable.from(['{"a":', "1}"]))
      buffer(Readable.from(["a", Buffer.from("b")]))
      arrayBuffer(Readable.from(["ab"]))
      Readable.from([1, 2, 3, 4]).filter((x) => x % 2).map((x) => x * 10).toArray()
      Readable.from([1, 2, 3]).reduce((a, b) => a + b)
      [Readable.from([]).readableObjectMode, new Readable().readableHighWaterMark > 0, stream.isReadable(new Readable())]
      { const r = Readable.fromWeb(new ReadableStream({ start(c) { c.enqueue("a"); c.enqueue("b"); c.close(); } }), { objectMode: true }); return collect(r); }
      { const web = Readable.toWeb(Readable.from([Buffer.from("x"), Buffer.from("y")])); const out = []; for await (const c of web) out.push(Buffer.from(c).toString()); return out.join(""); }
      { const got = []; const w = Writable.fromWeb(new WritableStream({ write(c) { got.push(String(c)); }, close() { got.push("closed"); } })); w.write("a"); w.end("b"); await settled(); return got; }
      { const got = []; const w = Writable.toWeb(sink(got)); const writer = w.getWriter(); await writer.write("q"); await writer.close(); return got; }
      { const ac = new AbortController(); const r = stream.addAbortSignal(ac.signal, new Readable({ read() {} })); ac.abort(); try { await collect(r); } catch (e) { return [e.name, e.code]; } }
      { const r = Readable.from(["a", "b", "c"]); for await (const c of r) break; return r.destroyed; }
      stream === stream.Stream && stream.Stream.Readable === Readable
      { const r = new Readable({ read() {} }); setTimeout(() => { r.push("1"); r.push("2"); r.push(null); }); r.on("readable", () => { let c; while ((c = r.read(1)) !== null) (r.got ??= []).push(String(c)); }); await settled(); return r.got; }
      { class Own extends Transform { _transform(c, e, cb) { this.push(c); cb(); } _flush(cb) { this.push("!"); cb(); } } const o = new Own(); o.end("hi"); return text(o); }
      { const log = []; const e = Readable.from(["a"]).pipe(upper()).on("data", (d) => log.push(String(d))); await promises.finished(e); return log; }
    `,
  });
});

test("compression", async () => {
  const all = ["deflate", "gzip", "deflateRaw"];
  const inverse = { deflate: "inflate", gzip: "gunzip", deflateRaw: "inflateRaw" };
  await same({
    prelude: `
      const zlib = require("zlib"); const { text, buffer } = require("stream/consumers"); const { Readable } = require("stream"); const sample = "hello ".repeat(500) + "é€😀";
      const packed = Buffer.from("H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==", "base64"); const promised = (f, ...a) => util.promisify(f)(...a);
      const through = (s, ...parts) => { for (const p of parts) s.write(p); s.end(); return text(s); };
    `,
    corpus: [
      ...all.map((f) => `zlib.${inverse[f]}Sync(zlib.${f}Sync(sample)).toString() === sample`),
      ...all.map((f) => `promised(zlib.${f}, sample).then((b) => promised(zlib.${inverse[f]}, b)).then((b) => b.toString() === sample)`),
      ...all.map((f) => `through(zlib.create${inverse[f][0].toUpperCase() + inverse[f].slice(1)}(), zlib.${f}Sync(sample)).then((t) => t === sample)`),
      ...[0, 1, 6, 9].map((level) => `zlib.gunzipSync(zlib.gzipSync(sample, { level })).length`.replace("level }", `level: ${level} }`)),
      "zlib.unzipSync(packed).toString()", "zlib.unzipSync(zlib.deflateSync('z')).toString()",
      'zlib.deflateSync("abc").toString("hex")', 'zlib.deflateRawSync("abcabcabcabc").toString("base64")',
      'zlib.gunzipSync(Buffer.concat([zlib.gzipSync("a"), zlib.gzipSync("b")])).toString()',
      'through(zlib.createGunzip(), zlib.gzipSync("a"), zlib.gzipSync("b"))',
      "zlib.gunzipSync(packed.subarray(0, 15))", 'zlib.gunzipSync("not packed")', 'zlib.inflateSync(Buffer.from("789c4b4c4a0600024d0126", "hex"))', "zlib.gunzipSync(Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]))",
      "zlib.gunzipSync(packed.subarray(0, 17), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).length >= 0", 'zlib.gunzipSync(packed, { maxOutputLength: 2 })', "zlib.gzipSync(5)", "zlib.gzipSync()", 'zlib.gzipSync("a", { level: 99 })', 'zlib.gzip("a")',
      'promised(zlib.gunzip, Buffer.from("junk")).catch((e) => [e.code, e.errno, e.message])',
      'text(Readable.from([Buffer.from("junk!")]).pipe(zlib.createGunzip())).catch((e) => e.code)',
      'zlib.inflateSync(zlib.deflateSync("dict", { dictionary: Buffer.from("dictionary") }), { dictionary: Buffer.from("dictionary") }).toString()', 'zlib.inflateSync(zlib.deflateSync("dict", { dictionary: Buffer.from("dictionary") }))',
      '{ const d = zlib.createDeflate(); const i = zlib.createInflate(); d.pipe(i); const got = []; i.on("data", (c) => got.push(String(c))); d.write("part"); await new Promise((r) => d.flush(r)); await new Promise((r) => setTimeout(r, 80)); return got; }',
      '{ const g = zlib.createGzip(); g.end("abc"); await buffer(g); return g.bytesWritten; }',
      'zlib.crc32 ? zlib.crc32("hello") : 907060870', "[zlib.constants.Z_BEST_COMPRESSION, zlib.Z_FINISH, zlib.codes.Z_DATA_ERROR, zlib.codes[-5]]", "new zlib.Gzip() instanceof require('stream').Transform", 'zlib.Inflate().constructor.name',
      "zlib.brotliCompressSync === undefined",
    ].join("\n"),
  });
});

test("timers, diagnostics and the context of asynchronous calls", async () => {
  await same({
    prelude: `
      const timers = require("timers/promises"); const dc = require("diagnostics_channel");
      const settled = () => new Promise((r) => setTimeout(r, 80));
    `,
    corpus: `
      timers.setTimeout(2, "v")
      timers.setImmediate("i")
      timers.setTimeout(50, "v", { signal: AbortSignal.abort() })
      { const ac = new AbortController(); const p = timers.setTimeout(500, "v", { signal: ac.signal }); ac.abort(); return p; }
      { const got = []; for await (const v of timers.setInterval(1, "t")) { got.push(v); if (got.length === 3) break; } return got; }
      timers.scheduler.wait(1)
      { const log = []; setImmediate(() => log.push("immediate")); setTimeout(() => log.push("timeout")); process.nextTick(() => log.push("tick")); queueMicrotask(() => log.push("micro")); await settled(); return log.filter((x) => x !== "immediate").join(); }
      { const t = setTimeout(() => {}, 5); t.unref(); t.ref(); const has = t.hasRef(); clearTimeout(t); return [has, typeof t.refresh, typeof t[Symbol.toPrimitive]()]; }
      { const got = []; const f = (m, n) => got.push([m, n]); dc.subscribe("ch", f); dc.channel("ch").publish({ a: 1 }); dc.unsubscribe("ch", f); dc.channel("ch").publish({ a: 2 }); return [got, dc.hasSubscribers("ch")]; }
      { const log = []; const t = dc.tracingChannel("op"); t.subscribe({ start: () => log.push("start"), end: () => log.push("end"), asyncStart: () => log.push("asyncStart"), asyncEnd: () => log.push("asyncEnd"), error: () => log.push("error") }); t.traceSync(() => 1); await t.tracePromise(async () => 2); try { t.traceSync(() => { throw new Error("x"); }); } catch {} return log; }
    `,
  });
});
