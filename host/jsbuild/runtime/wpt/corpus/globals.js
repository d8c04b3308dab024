// The global object's shape.
const interfaces = "AbortController AbortSignal Blob ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy DOMException DecompressionStream Event EventTarget File FormData Headers Performance PerformanceEntry PerformanceMark PerformanceMeasure ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader Request Response TextDecoder TextDecoderStream TextEncoder TextEncoderStream TransformStream TransformStreamDefaultController URL URLSearchParams WritableStream WritableStreamDefaultController WritableStreamDefaultWriter CustomEvent".split(" ");
const functions = "fetch structuredClone queueMicrotask atob btoa".split(" ");
const members = (one) => Object.getOwnPropertyNames(one).filter((name) => !["arguments", "caller", "prototype", "length", "name"].includes(name)).sort();

export default [
  ...interfaces.map((name) => [`global ${name}`, () => { const { enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name); return [typeof globalThis[name], globalThis[name].name, enumerable, configurable]; }]),
  ...functions.map((name) => [`function ${name}`, () => { const { enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name); return [typeof globalThis[name], globalThis[name].name, enumerable, configurable]; }]),
  ...interfaces.filter((name) => !/^Performance|^DOMException|^Event|^Custom|^Abort|^Blob|^Response|^Request$|Reader$|^TransformStream|^URL$|^File|^Count|^Byte|^Read|^Writ/.test(name)).map((name) => [`members of ${name}`, () => [members(globalThis[name]), members(globalThis[name].prototype)]]),
  ["self", () => [typeof self, typeof window, typeof document, typeof importScripts]],
  ["global", () => [global === globalThis, Object.getOwnPropertyDescriptor(globalThis, "global").enumerable]],
  ["can be replaced", () => { const { fetch } = globalThis; globalThis.fetch = 1; const seen = globalThis.fetch; globalThis.fetch = fetch; return seen; }],
  ["fetch length", () => fetch.length],
  ["microtasks", async () => { const seen = []; queueMicrotask(() => seen.push(1)); await null; seen.push(2); return seen; }],
  ["performance", () => { const { name, entryType, duration, detail } = performance.mark("m", { detail: 1 }); return [typeof performance.now(), typeof performance.timeOrigin, name, entryType, duration, detail, performance.getEntriesByName("m").length, Object.prototype.toString.call(performance)]; }],
  ["performance measure", () => { performance.mark("a", { startTime: 5 }); performance.mark("b", { startTime: 9 }); const { startTime, duration } = performance.measure("ab", "a", "b"); performance.clearMarks(); performance.clearMeasures(); return [startTime, duration, performance.getEntries().filter(({ entryType }) => /^m/.test(entryType)).length]; }],
  ["performance measure by options", () => { const { startTime, duration } = performance.measure("ab", { start: 1, duration: 4 }); return [startTime, duration]; }],
  ["performance measure without mark", () => { try { performance.measure("x", "none"); } catch (error) { return [error.name, error.code]; } }],
  ["performance and Date", () => Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 60_000],
];
