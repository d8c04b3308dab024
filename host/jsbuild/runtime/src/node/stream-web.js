// Between Node's streams and those of the web.
import { checkObject, nodeError } from "./errors.js";
import { Stream } from "./readable.js";

const { Readable, Writable, finished } = Stream;

export function readableFromWeb(source, options = {}) {
  checkObject(source, "readableStream");
  const reader = source.getReader();
  let closed = false;
  return new Readable({
    objectMode: options.objectMode ?? false,
    highWaterMark: options.highWaterMark,
    encoding: options.encoding,
    signal: options.signal,
    read() {
      reader.read().then(({ done, value }) => {
        closed = done;
        this.push(done ? null : value);
      }, (error) => this.destroy(error));
    },
    destroy(error, callback) {
      if (closed) return callback(error);
      const done = () => callback(error);
      reader.cancel(error).then(done, done);
    },
  });
}

export function readableToWeb(source, { strategy } = {}) {
  if (source.destroyed) return emptied();
  let stop;
  return new ReadableStream({
    start(controller) {
      source.pause();
      stop = finished(source, { writable: false }, (error) => (error ? controller.error(error) : controller.close()));
      source.on("data", (chunk) => {
        controller.enqueue(bytesOf(chunk));
        if (controller.desiredSize <= 0) source.pause();
      });
    },
    pull: () => void source.resume(),
    cancel(reason) {
      stop();
      source.on("error", () => {});
      source.destroy(reason);
    },
  }, strategy ?? { highWaterMark: source.readableHighWaterMark, size: source.readableObjectMode ? undefined : (chunk) => chunk.length ?? 1 });
}

function emptied() {
  return new ReadableStream({ start: (controller) => controller.close() });
}

// bytesOf returns a plain array where there is a Buffer.
function bytesOf(chunk) {
  return globalThis.Buffer.isBuffer(chunk) ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) : chunk;
}

export function writableFromWeb(sink, options = {}) {
  checkObject(sink, "writableStream");
  const writer = sink.getWriter();
  return new Writable({
    objectMode: options.objectMode ?? false,
    decodeStrings: options.decodeStrings ?? true,
    highWaterMark: options.highWaterMark,
    signal: options.signal,
    write(chunk, _, callback) {
      writer.ready.then(() => writer.write(chunk)).then(() => callback(), callback);
    },
    final: (callback) => void writer.close().then(() => callback(), callback),
    destroy(error, callback) {
      const done = () => callback(error);
      if (error) writer.abort(error).then(done, done);
      else done();
    },
  });
}

export function writableToWeb(sink) {
  return new WritableStream({
    start: (controller) => void finished(sink, { readable: false }, (error) => error && controller.error(error)),
    write: (chunk) => new Promise((resolve, reject) => {
      if (sink.destroyed) return reject(nodeError(Error, "ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed"));
      sink.write(chunk, (error) => (error ? reject(error) : resolve()));
    }),
    close: () => new Promise((resolve) => sink.end(resolve)),
    abort: (reason) => void sink.destroy(reason),
  });
}

const names = ["ByteLengthQueuingStrategy", "CompressionStream", "CountQueuingStrategy", "DecompressionStream", "ReadableByteStreamController", "ReadableStream", "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest", "ReadableStreamDefaultController", "ReadableStreamDefaultReader", "TextDecoderStream", "TextEncoderStream", "TransformStream", "TransformStreamDefaultController", "WritableStream", "WritableStreamDefaultController", "WritableStreamDefaultWriter"];

// streamWeb is node:stream/web: the global classes.
export const streamWeb = Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { get: () => globalThis[name], enumerable: true, configurable: true }])));
