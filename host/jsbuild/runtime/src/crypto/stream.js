// Hashes, ciphers and signatures are streams too, which few programs use: the
// stream is made when one does.
import { stream as Stream } from "../node/stream.js";

const methods = "on once addListener prependListener off removeListener removeAllListeners emit listeners listenerCount eventNames setMaxListeners getMaxListeners pipe unpipe write end read setEncoding setDefaultEncoding pause resume isPaused cork uncork destroy iterator".split(" ");
const properties = "readable writable destroyed _readableState _writableState _events readableEnded writableEnded readableFlowing writableFinished".split(" ");
const streams = new WeakMap();

// streamed makes Class a stream: transform(instance, chunk, encoding) takes
// what is written, flush(instance) returns what is read at the end.
export function streamed(Class, { transform, flush }) {
  const inner = (outer) => {
    if (!streams.has(outer)) streams.set(outer, make(outer, transform, flush));
    return streams.get(outer);
  };
  for (const name of methods) define(Class.prototype, name, { value(...args) { return chained(this, inner(this), name, args); } });
  for (const name of properties) define(Class.prototype, name, { get() { return inner(this)[name]; } });
  define(Class.prototype, Symbol.asyncIterator, { value() { return inner(this)[Symbol.asyncIterator](); } });
}

function define(target, key, descriptor) {
  Object.defineProperty(target, key, { configurable: true, ...("value" in descriptor ? { writable: true } : { set: undefined }), ...descriptor });
}

function chained(outer, stream, name, args) {
  const result = stream[name](...args);
  return result === stream ? outer : result;
}

function make(outer, transform, flush) {
  return new Stream.Transform({
    ...outer._options,
    transform(chunk, encoding, callback) {
      attempt(callback, () => transform(outer, chunk, encoding === "buffer" ? undefined : encoding));
    },
    flush(callback) {
      attempt(callback, () => flush(outer));
    },
  });
}

function attempt(callback, work) {
  let result;
  try {
    result = work();
  } catch (error) {
    callback(error);
    return;
  }
  callback(null, result?.length ? result : undefined);
}
