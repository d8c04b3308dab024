// http.IncomingMessage: a response, as a stream of its body.
import { nextTick } from "../loop/ticks.js";
import { Buffer } from "./buffer.js";
import { joined } from "./http-headers.js";
import { statusCodes } from "./http-status.js";
import { inherit } from "./inherit.js";
import { stream } from "./stream.js";

const { Readable } = stream;
const pieceBytes = 64 << 10; // that a body comes in
const content = Symbol("IncomingMessage");

// connectionReset is the error of an exchange that ended before its time.
export function connectionReset(message) {
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}

export function IncomingMessage(socket) {
  Readable.call(this, socket ? { highWaterMark: socket.readableHighWaterMark } : undefined);
  Object.assign(this, {
    socket, httpVersionMajor: null, httpVersionMinor: null, httpVersion: null, complete: false, rawHeaders: [], rawTrailers: [], joinDuplicateHeaders: undefined,
    aborted: false, upgrade: null, url: "", method: null, statusCode: null, statusMessage: null, client: socket, _consuming: false, _dumped: false,
  });
  this[content] = { lists: {}, body: null, at: 0, headers: null, distinct: null, trailers: null, trailersDistinct: null };
}

// take fills message with the host's answer.
export function take(message, { status, headers, body }) {
  Object.assign(message, { httpVersionMajor: 1, httpVersionMinor: 1, httpVersion: "1.1", statusCode: status, statusMessage: statusCodes[status] ?? "", rawHeaders: rawOf(headers) });
  const own = message[content];
  own.lists = headers;
  own.body = typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

// settle marks a message complete when its first piece is all of it: as in Node
// that has come with the headers.
export function settle(message) {
  const { body } = message[content];
  if (body !== null && body.length <= pieceBytes) message.complete = true;
}

// interrupt ends a message of which more would come.
export function interrupt(message) {
  if (message.complete) message._dump();
  else message[content].body = null;
}

function rawOf(lists) {
  const raw = [];
  for (const name in lists) for (const value of lists[name]) raw.push(spelled(name), value);
  return raw;
}

// spelled writes a name as servers do: the host has it in lower case.
function spelled(name) {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

inherit(IncomingMessage, Readable, class {
  get connection() {
    return this.socket;
  }
  set connection(socket) {
    this.socket = socket;
  }
  get headers() {
    return (this[content].headers ??= joined(this[content].lists));
  }
  set headers(value) {
    this[content].headers = value;
  }
  get headersDistinct() {
    return (this[content].distinct ??= { __proto__: null, ...this[content].lists });
  }
  set headersDistinct(value) {
    this[content].distinct = value;
  }
  get trailers() {
    return (this[content].trailers ??= {});
  }
  set trailers(value) {
    this[content].trailers = value;
  }
  get trailersDistinct() {
    return (this[content].trailersDistinct ??= { __proto__: null });
  }
  set trailersDistinct(value) {
    this[content].trailersDistinct = value;
  }

  setTimeout(ms, callback) {
    if (callback) this.on("timeout", callback);
    this.socket?.setTimeout(ms);
    return this;
  }

  _read() {
    const own = this[content];
    if (own.body === null) return;
    this._consuming = true;
    const piece = own.body.subarray(own.at, own.at + pieceBytes);
    own.at += piece.length;
    const last = own.at >= own.body.length;
    if (last) {
      own.body = null;
      this.complete = true;
    }
    if (piece.length > 0) this.push(piece);
    if (last) this.push(null);
  }

  _destroy(error, callback) {
    if (!this.readableEnded || !this.complete) {
      this.aborted = true;
      this.emit("aborted");
    }
    if (this.aborted && this.socket && !this.socket.destroyed) this.socket.destroy(error ?? undefined);
    nextTick(() => callback(this.listenerCount("error") > 0 ? error : null)); // what no one listens for fails nothing
  }

  _dump() {
    if (this._dumped) return;
    this._dumped = true;
    this.resume();
  }
});
