// node:zlib over pako, a port of zlib itself: whole buffers at once, with
// callbacks, and as streams. Brotli and Zstandard are not there.
import { Deflate, Inflate } from "pako";
import * as constants from "unenv/node/internal/zlib/constants";
import { codes } from "unenv/node/internal/zlib/codes";
import { nextTick } from "../loop/ticks.js";
import { Buffer } from "./buffer.js";
import { checkFunction, invalidArgument, nodeError, outOfRange } from "./errors.js";
import { stream } from "./stream.js";
import { types } from "./types.js";
import { refused } from "./unsupported.js";

const { Z_FINISH, Z_FULL_FLUSH, Z_NO_FLUSH, Z_SYNC_FLUSH } = constants;
const nothing = new Uint8Array(0);

const formats = {
  Deflate: (options) => new Deflate(options),
  DeflateRaw: (options) => new Deflate({ ...options, raw: true }),
  Gzip: (options) => new Deflate({ ...options, gzip: true }),
  Inflate: (options) => new Inflate({ windowBits: 15, ...options }),
  InflateRaw: (options) => new Inflate({ ...options, raw: true }),
  Gunzip: (options) => new Inflate({ ...options, windowBits: 31 }),
  Unzip: (options) => new Inflate({ ...options, windowBits: 47 }),
};

// settings returns what pako understands of a caller's options.
function settings(options = {}) {
  const ranges = { level: [-1, 9], windowBits: [8, 15], memLevel: [1, 9], strategy: [0, 4], chunkSize: [64, Infinity] };
  const given = {};
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = options[name];
    if (value === undefined || Number.isNaN(value) || (name === "windowBits" && value === 0)) continue;
    if (typeof value !== "number") throw invalidArgument(`options.${name}`, "of type number", value);
    if (value < least || value > most) throw outOfRange(`options.${name}`, `>= ${least} and <= ${most}`, value);
    given[name] = value;
  }
  if (options.dictionary !== undefined) given.dictionary = bytesOf(options.dictionary, "options.dictionary");
  return { chunkSize: 16 << 10, ...given };
}

function bytesOf(data, name = "buffer") {
  if (typeof data === "string") return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  throw invalidArgument(name, "of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer", data);
}

function failure({ err, msg }) {
  const message = err === constants.Z_BUF_ERROR ? "unexpected end of file" : err === constants.Z_NEED_DICT ? "Missing dictionary" : msg;
  return Object.assign(new Error(message), { errno: err, code: codes[err] });
}

// Flow drives one format: push takes input and returns what came out of it.
class Flow {
  #make;
  #most;
  #engine;
  #out = [];
  #size = 0;
  written = 0;

  constructor(format, options) {
    const given = settings(options);
    this.#most = options?.maxOutputLength ?? Infinity;
    this.#make = () => formats[format](given);
    this.multiple = format === "Gunzip" || format === "Unzip";
    this.unpacks = this.multiple || format.startsWith("Inflate");
    this.reset();
  }

  reset() {
    this.#engine = this.#make();
    this.#engine.onData = (chunk) => this.#keep(chunk);
    this.#engine.onEnd = () => {};
  }

  #keep(chunk) {
    this.#size += chunk.length;
    if (this.#size > this.#most) throw nodeError(RangeError, "ERR_BUFFER_TOO_LARGE", `Cannot create a Buffer larger than ${this.#most} bytes`);
    this.#out.push(chunk);
  }

  push(chunk, flush) {
    if (this.#engine.ended && this.multiple && chunk[0] === 0x1f) this.reset();
    this.written += chunk.length;
    this.#engine.push(chunk, this.unpacks && flush === Z_NO_FLUSH ? Z_SYNC_FLUSH : flush); // what is unpacked goes out at once
    if (this.#engine.err) throw failure(this.#engine);
    return this.#out.splice(0).map((part) => Buffer.from(part.buffer, part.byteOffset, part.length));
  }
}

// endOf is how input ends: with Z_SYNC_FLUSH what is cut short is no error.
function endOf(options) {
  const flush = options?.finishFlush ?? Z_FINISH;
  return flush === Z_FINISH ? Z_FINISH : flush;
}

function whole(format, data, options) {
  const flow = new Flow(format, options);
  const result = Buffer.concat(flow.push(bytesOf(data), endOf(options)));
  return options?.info ? { buffer: result, engine: flow } : result;
}

function withCallback(format) {
  return function (data, options, callback) {
    if (typeof options === "function") [options, callback] = [undefined, options];
    checkFunction(callback, "callback");
    const input = bytesOf(data);
    let result;
    try {
      result = whole(format, input, options);
    } catch (error) {
      if (error.code === "ERR_INVALID_ARG_TYPE" || error.code === "ERR_OUT_OF_RANGE") throw error;
      return nextTick(callback, error);
    }
    nextTick(callback, null, result);
  };
}

// streamOf returns the class of streams of a format, which is called without
// new, too.
function streamOf(format) {
  function Stream(options) {
    if (!new.target) return new Stream(options);
    const self = Reflect.construct(stream.Transform, [{ ...options, decodeStrings: true }], new.target);
    return Object.assign(self, { flow: new Flow(format, options), flushMode: options?.flush ?? Z_NO_FLUSH, finish: endOf(options) });
  }
  Stream.prototype = Object.create(base, { constructor: { value: Stream, writable: true, configurable: true } });
  Object.setPrototypeOf(Stream, stream.Transform);
  Object.defineProperty(Stream, "name", { value: format });
  return Stream;
}

const base = Object.create(stream.Transform.prototype, Object.getOwnPropertyDescriptors({
  get bytesWritten() {
    return this.flow.written;
  },

  _transform(chunk, _, callback) {
    this.pass(chunk, this.flushMode, callback);
  },

  _flush(callback) {
    this.pass(nothing, this.finish, callback);
  },

  pass(chunk, flush, callback) {
    try {
      for (const part of this.flow.push(chunk, flush)) this.push(part);
    } catch (error) {
      return callback(error);
    }
    callback();
  },

  flush(kind, callback) {
    if (typeof kind === "function") [kind, callback] = [undefined, kind];
    const mode = kind ?? Z_FULL_FLUSH;
    if (this.writableFinished) return void (callback && nextTick(callback));
    const then = () => this.pass(nothing, mode, (error) => (error ? this.destroy(error) : callback?.()));
    if (this.writableLength === 0) then();
    else this.write("", then);
  },

  close(callback) {
    if (callback) stream.finished(this, () => callback());
    this.destroy();
  },

  reset() {
    this.flow.reset();
  },

  params: refused("zlib.params", "set level and strategy when the stream is made"),
}));

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(data, value = 0) {
  let crc = ~value;
  for (const byte of bytesOf(data, "data")) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

export const zlib = { crc32 };

const fixed = (values) => Object.freeze({ __proto__: null, ...values });
Object.defineProperties(zlib, {
  codes: { value: Object.freeze({ ...codes }), enumerable: true },
  constants: { value: fixed(constants), enumerable: true },
});
for (const name in constants) if (!name.startsWith("BROTLI_")) Object.defineProperty(zlib, name, { value: constants[name] });

for (const format of Object.keys(formats)) {
  const name = format[0].toLowerCase() + format.slice(1);
  const Stream = streamOf(format);
  zlib[format] = Stream;
  const create = `create${format}`;
  const sync = `${name}Sync`;
  Object.defineProperty(zlib, create, { value: { [create]: function (options) { return new Stream(options); } }[create], enumerable: true, configurable: true });
  zlib[name] = withCallback(format);
  zlib[sync] = { [sync]: function (buffer, options) { return whole(format, buffer, options); } }[sync];
}

const instead = "ask for gzip or deflate, which node:zlib has";
for (const name of ["BrotliCompress", "BrotliDecompress", "ZstdCompress", "ZstdDecompress"]) {
  const lower = name[0].toLowerCase() + name.slice(1);
  for (const key of [name, `create${name}`, lower, `${lower}Sync`]) zlib[key] = refused(`zlib.${key}`, instead);
}

// The tables that zlib makes on first use are made for the snapshot.
whole("InflateRaw", whole("DeflateRaw", "tables"));
