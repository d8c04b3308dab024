// Streams, and those that encode and compress.
const gather = async (stream) => { const out = []; for await (const chunk of stream) out.push(chunk); return out; };
const of = (...chunks) => new ReadableStream({ start(c) { for (const chunk of chunks) c.enqueue(chunk); c.close(); } });
const through = (transform, ...chunks) => gather(of(...chunks).pipeThrough(transform));
const bytes = (...list) => new Uint8Array(list);
const joined = async (stream) => new Uint8Array((await gather(stream)).flatMap((chunk) => [...chunk]));
const name = (promise) => promise.then(() => "fine", (error) => error?.name ?? error);
const thrown = (f) => { try { return f(); } catch (error) { return error.name; } };

export default [
  ["read", async () => { const reader = of(1, 2).getReader(); return [await reader.read(), await reader.read(), await reader.read(), await reader.closed]; }],
  ["iterate", () => gather(of("a", "b"))],
  ["iterate and break", async () => { let cancelled; const stream = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel() { cancelled = true; } }); for await (const chunk of stream) break; return [cancelled, stream.locked]; }],
  ["iterate keeping", async () => { const stream = of(1, 2); for await (const chunk of stream.values({ preventCancel: true })) break; return gather(stream); }],
  ["from list", () => gather(ReadableStream.from([1, 2, 3]))],
  ["from generator", () => gather(ReadableStream.from((async function* () { yield 1; yield 2; })()))],
  ["from nothing", () => thrown(() => ReadableStream.from(1))],
  ["pull", async () => { let n = 0; const stream = new ReadableStream({ pull(c) { c.enqueue(++n); if (n === 3) c.close(); } }); return gather(stream); }],
  ["pull error", async () => name(gather(new ReadableStream({ pull() { throw new RangeError("p"); } })))],
  ["start error", () => thrown(() => new ReadableStream({ start() { throw new RangeError("s"); } }))],
  ["error", async () => { const reader = new ReadableStream({ start: (c) => c.error("e") }).getReader(); return [await name(reader.read()), await name(reader.closed)]; }],
  ["cancel", async () => { let reason; const stream = new ReadableStream({ cancel(r) { reason = r; } }); await stream.cancel("why"); return [reason, await stream.getReader().read()]; }],
  ["cancel locked", async () => { const stream = of(1); stream.getReader(); return name(stream.cancel()); }],
  ["lock", async () => { const stream = of(1); const reader = stream.getReader(); const second = thrown(() => stream.getReader()); reader.releaseLock(); return [second, stream.locked, (await stream.getReader().read()).value]; }],
  ["release while reading", async () => { const reader = new ReadableStream().getReader(); const pending = reader.read(); reader.releaseLock(); return name(pending); }],
  ["tee", async () => { const [a, b] = of(1, 2).tee(); return [await gather(a), await gather(b)]; }],
  ["tee cancel", async () => { let reason; const [a, b] = new ReadableStream({ cancel(r) { reason = r; } }).tee(); await Promise.all([a.cancel("a"), b.cancel("b")]); return reason; }],
  ["desired size", () => { const out = []; new ReadableStream({ start(c) { out.push(c.desiredSize); c.enqueue(1); out.push(c.desiredSize); c.close(); out.push(c.desiredSize); } }, { highWaterMark: 3 }); return out; }],
  ["strategy", () => { const out = []; new ReadableStream({ start(c) { c.enqueue("abc"); out.push(c.desiredSize); } }, { highWaterMark: 10, size: (chunk) => chunk.length }); return out; }],
  ["enqueue after close", () => { let result; new ReadableStream({ start(c) { c.close(); result = thrown(() => c.enqueue(1)); } }); return result; }],
  ["close twice", () => { let result; new ReadableStream({ start(c) { c.close(); result = thrown(() => c.close()); } }); return result; }],
  ["queuing strategies", () => [new CountQueuingStrategy({ highWaterMark: 2 }), new ByteLengthQueuingStrategy({ highWaterMark: 3 })].map((s) => [s.highWaterMark, s.size(bytes(1, 2))])],
  ["strategy without mark", () => thrown(() => new CountQueuingStrategy())],
  ["negative mark", () => thrown(() => new ReadableStream({}, { highWaterMark: -1 }))],
  ["bytes", async () => { const stream = new ReadableStream({ type: "bytes", start(c) { c.enqueue(bytes(1, 2, 3)); c.close(); } }); const reader = stream.getReader({ mode: "byob" }); const first = await reader.read(new Uint8Array(2)); return [first.value, (await reader.read(new Uint8Array(2))).value, (await reader.read(new Uint8Array(2))).done]; }],
  ["bytes pulled", async () => { const stream = new ReadableStream({ type: "bytes", pull(c) { const { view } = c.byobRequest; view[0] = 7; c.byobRequest.respond(1); } }); return (await stream.getReader({ mode: "byob" }).read(new Uint8Array(4))).value; }],
  ["bytes allocated", async () => { const stream = new ReadableStream({ type: "bytes", autoAllocateChunkSize: 4, pull(c) { c.byobRequest.view[0] = 7; c.byobRequest.respond(1); } }); return (await stream.getReader().read()).value; }],
  ["byob of another", () => thrown(() => of(1).getReader({ mode: "byob" }))],
  ["bytes refuse text", () => { let result; new ReadableStream({ type: "bytes", start(c) { result = thrown(() => c.enqueue("a")); } }); return result; }],
  ["write", async () => { const seen = []; const writer = new WritableStream({ write: (chunk) => { seen.push(chunk); }, close: () => { seen.push("close"); } }).getWriter(); await writer.write(1); writer.write(2); await writer.close(); return [seen, await writer.closed]; }],
  ["write order", async () => { const seen = []; const writer = new WritableStream({ async write(chunk) { seen.push(`>${chunk}`); await null; seen.push(`<${chunk}`); } }).getWriter(); writer.write(1); writer.write(2); await writer.close(); return seen; }],
  ["write error", async () => { const writer = new WritableStream({ write() { throw new RangeError("w"); } }).getWriter(); return [await name(writer.write(1)), await name(writer.closed), await name(writer.write(2))]; }],
  ["abort", async () => { let reason; const stream = new WritableStream({ abort(r) { reason = r; } }); await stream.abort("why"); return [reason, await name(stream.getWriter().closed)]; }],
  ["abort's signal", async () => { let signal; const stream = new WritableStream({ start(c) { signal = c.signal; } }); await stream.abort("why"); return [signal.aborted, signal.reason, signal instanceof AbortSignal]; }],
  ["ready and desired size", async () => { const writer = new WritableStream({ write: () => new Promise(() => {}) }, { highWaterMark: 1 }).getWriter(); const before = writer.desiredSize; writer.write(1); return [before, writer.desiredSize]; }],
  ["pipeTo", async () => { const seen = []; await of(1, 2, 3).pipeTo(new WritableStream({ write(chunk) { seen.push(chunk); } })); return seen; }],
  ["pipeTo an error", async () => { let aborted; const result = await name(new ReadableStream({ start: (c) => c.error(new RangeError("r")) }).pipeTo(new WritableStream({ abort(r) { aborted = r.name; } }))); return [result, aborted]; }],
  ["pipeTo from an error", async () => { let cancelled; const result = await name(new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(r) { cancelled = r.name; } }).pipeTo(new WritableStream({ write() { throw new RangeError("w"); } }))); return [result, cancelled]; }],
  ["pipeTo with a signal", async () => { const controller = new AbortController(); const pending = new ReadableStream().pipeTo(new WritableStream(), { signal: controller.signal }); controller.abort("stop"); return name(pending); }],
  ["pipeTo aborted before", async () => name(of(1).pipeTo(new WritableStream(), { signal: AbortSignal.abort() }))],
  ["pipeTo keeping open", async () => { const stream = new WritableStream(); await of(1).pipeTo(stream, { preventClose: true }); const writer = stream.getWriter(); return name(writer.write(2)); }],
  ["transform", () => through(new TransformStream({ transform(chunk, c) { c.enqueue(chunk * 2); } }), 1, 2)],
  ["transform identity", () => through(new TransformStream(), 1, 2)],
  ["transform flush", () => through(new TransformStream({ flush(c) { c.enqueue("end"); } }), 1)],
  ["transform start", () => through(new TransformStream({ start(c) { c.enqueue("begin"); } }), 1)],
  ["transform terminate", () => through(new TransformStream({ transform(chunk, c) { c.enqueue(chunk); c.terminate(); } }), 1, 2)],
  ["transform error", () => name(through(new TransformStream({ transform() { throw new RangeError("t"); } }), 1))],
  ["transform cancel", async () => { let reason; const t = new TransformStream({ cancel(r) { reason = r; } }); await t.readable.cancel("why"); return reason; }],
  ["tags", () => [new ReadableStream(), new WritableStream(), new TransformStream(), of().getReader(), new WritableStream().getWriter(), new TextEncoderStream(), new TextDecoderStream(), new CompressionStream("gzip"), new DecompressionStream("gzip")].map((one) => Object.prototype.toString.call(one))],
  ["names", () => [ReadableStream, WritableStream, TransformStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader, ReadableStreamDefaultController, ReadableByteStreamController, ReadableStreamBYOBRequest, WritableStreamDefaultWriter, WritableStreamDefaultController, TransformStreamDefaultController, ByteLengthQueuingStrategy, CountQueuingStrategy, TextEncoderStream, TextDecoderStream, CompressionStream, DecompressionStream].map((one) => one.name)],
  ["members listed", () => [ReadableStream, WritableStream, TransformStream].map((one) => Object.keys(one.prototype).sort())],
  ["controllers have no constructor", () => [thrown(() => new ReadableStreamDefaultController()), thrown(() => new WritableStreamDefaultController()), thrown(() => new TransformStreamDefaultController())]],

  ["encode", () => through(new TextEncoderStream(), "a", "ü", "😀")],
  ["encode halves", () => joined(of("\ud83d", "\ude00", "a\ud800", "b").pipeThrough(new TextEncoderStream()))],
  ["encode half at the end", () => joined(of("a\ud83d").pipeThrough(new TextEncoderStream()))],
  ["encode kinds", () => joined(of(1, null, undefined, true).pipeThrough(new TextEncoderStream()))],
  ["decode", async () => (await through(new TextDecoderStream(), bytes(0x61, 0xc3), bytes(0xbc), bytes())).join("")],
  ["decode rest", async () => (await through(new TextDecoderStream(), bytes(0x61, 0xe2, 0x82))).join("")],
  ["decode strictly", () => name(through(new TextDecoderStream("utf-8", { fatal: true }), bytes(0xff)))],
  ["decode strictly rest", () => name(through(new TextDecoderStream("utf-8", { fatal: true }), bytes(0xe2)))],
  ["decode text", () => name(through(new TextDecoderStream(), "text"))],
  ["decode label", () => { const s = new TextDecoderStream("utf-16le", { ignoreBOM: true }); return [s.encoding, s.fatal, s.ignoreBOM, new TextEncoderStream().encoding]; }],
  ["decode latin1", async () => (await through(new TextDecoderStream("latin1"), bytes(0xfc))).join("")],
  ...["gzip", "deflate", "deflate-raw"].map((format) => [`compress and back ${format}`, async () => {
    const text = "some text ".repeat(500);
    const packed = await joined(of(new TextEncoder().encode(text)).pipeThrough(new CompressionStream(format)));
    const back = await joined(of(packed).pipeThrough(new DecompressionStream(format)));
    return [packed.length < 300, new TextDecoder().decode(back) === text];
  }]),
  ["decompress what others packed", async () => {
    const packed = Uint8Array.from(atob("H4sIAAAAAAAAA0tMSgYAwkEkNQMAAAA="), (c) => c.charCodeAt(0));
    return new TextDecoder().decode(await joined(of(packed).pipeThrough(new DecompressionStream("gzip"))));
  }],
  ["decompress byte by byte", async () => {
    const packed = Uint8Array.from(atob("H4sIAAAAAAAAA0tMSgYAwkEkNQMAAAA="), (c) => c.charCodeAt(0));
    return new TextDecoder().decode(await joined(of(...[...packed].map((byte) => bytes(byte))).pipeThrough(new DecompressionStream("gzip"))));
  }],
  ["decompress a broken checksum", () => {
    const packed = Uint8Array.from(atob("H4sIAAAAAAAAA0tMSgYAwkEkNgMAAAA="), (c) => c.charCodeAt(0));
    return name(joined(of(packed).pipeThrough(new DecompressionStream("gzip"))));
  }],
  ["decompress rubbish", () => name(joined(of(bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)).pipeThrough(new DecompressionStream("gzip"))))],
  ["decompress a part", () => {
    const packed = Uint8Array.from(atob("H4sIAAAAAAAAA0tMSgYAwkEkNQMAAAA="), (c) => c.charCodeAt(0));
    return name(joined(of(packed.slice(0, 14)).pipeThrough(new DecompressionStream("gzip"))));
  }],
  ["compress nothing", async () => joined(of(await joined(of().pipeThrough(new CompressionStream("gzip")))).pipeThrough(new DecompressionStream("gzip")))],
  ["compress views", async () => joined(of(await joined(of(new Uint16Array([0x6162]).buffer, new DataView(new ArrayBuffer(2))).pipeThrough(new CompressionStream("deflate")))).pipeThrough(new DecompressionStream("deflate")))],
  ["compress text", () => name(through(new CompressionStream("gzip"), "a"))],
  ["compress in an unknown format", () => thrown(() => new CompressionStream("br"))],
];
