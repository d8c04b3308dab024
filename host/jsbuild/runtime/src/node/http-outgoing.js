// http.OutgoingMessage: the headers and the body of a request that is not sent yet.
import { nextTick } from "../loop/ticks.js";
import { Buffer } from "./buffer.js";
import { checkString, invalidArgument, nodeError } from "./errors.js";
import { Fields, validateHeaderName, validateHeaderValue } from "./http-headers.js";
import { inherit } from "./inherit.js";
import { stream } from "./stream.js";
import { UnsupportedInSandboxError } from "./unsupported.js";

const highWaterMark = 64 << 10;
const state = Symbol("OutgoingMessage");

export function OutgoingMessage(options) {
  stream.call(this, options);
  Object.assign(this, {
    outputData: [], outputSize: 0, writable: true, destroyed: false, chunkedEncoding: false, shouldKeepAlive: true, useChunkedEncodingByDefault: true, sendDate: false,
    strictContentLength: false, finished: false, _contentLength: null, _hasBody: true, _trailer: "", _headerSent: false, _closed: false, socket: null, _header: null,
  });
  this[state] = { fields: new Fields(), done: [], drain: false, finished: false, error: null, timeout: null };
}

// written calls those who wait for what they wrote: there is a connection for it.
export function written(message) {
  const { done } = message[state];
  if (done.length > 0) for (const callback of done.splice(0)) nextTick(callback);
}

// bodyOf takes what was written, as one piece.
export function bodyOf(message) {
  const { outputData: pieces } = message;
  message.outputData = [];
  message.outputSize = 0;
  return pieces.length === 0 ? undefined : pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
}

export function fieldsOf(message) {
  return message[state].fields;
}

// finish records that all of message has been handed on.
export function finish(message) {
  message[state].finished = true;
  message._headerSent = true;
  message.emit("finish");
}

inherit(OutgoingMessage, stream, class {
  get errored() {
    return this[state].error;
  }
  get closed() {
    return this._closed;
  }
  get writableFinished() {
    return this[state].finished;
  }
  get writableEnded() {
    return this.finished;
  }
  get writableObjectMode() {
    return false;
  }
  get writableLength() {
    return this.outputSize;
  }
  get writableHighWaterMark() {
    return highWaterMark;
  }
  get writableCorked() {
    return 0;
  }
  get writableNeedDrain() {
    return !this.destroyed && !this.finished && this[state].drain;
  }
  get headersSent() {
    return Boolean(this._header);
  }
  get connection() {
    return this.socket;
  }
  set connection(socket) {
    this.socket = socket;
  }

  setHeader(name, value) {
    unsent(this, "set");
    fieldsOf(this).set(name, value);
    return this;
  }

  setHeaders(headers) {
    unsent(this, "set");
    if (!(headers instanceof Headers) && !(headers instanceof Map)) throw invalidArgument("headers", "an instance of Headers or Map", headers);
    for (const [name, value] of headers) if (`${name}`.toLowerCase() !== "set-cookie") this.setHeader(name, value);
    const cookies = headers instanceof Headers ? headers.getSetCookie() : headers.get("set-cookie");
    if (cookies?.length > 0) this.setHeader("set-cookie", cookies);
    return this;
  }

  appendHeader(name, value) {
    unsent(this, "append");
    validateHeaderName(name);
    validateHeaderValue(name, value);
    fieldsOf(this).append(name, value);
    return this;
  }

  getHeader(name) {
    checkString(name, "name");
    return fieldsOf(this).get(name);
  }

  hasHeader(name) {
    checkString(name, "name");
    return fieldsOf(this).has(name);
  }

  removeHeader(name) {
    checkString(name, "name");
    unsent(this, "remove");
    fieldsOf(this).delete(name);
  }

  getHeaders() {
    return fieldsOf(this).object();
  }

  getHeaderNames() {
    return fieldsOf(this).names();
  }

  getRawHeaderNames() {
    return fieldsOf(this).rawNames();
  }

  flushHeaders() {
    if (!this._header) this._implicitHeader();
  }

  _implicitHeader() {
    throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The _implicitHeader() method is not implemented");
  }

  addTrailers() {
    throw new UnsupportedInSandboxError("addTrailers()", "send their content in the body or in headers");
  }

  write(chunk, encoding, callback) {
    if (typeof encoding === "function") [encoding, callback] = [undefined, encoding];
    const room = push(this, chunk, encoding, callback);
    this._pushed();
    return room;
  }

  _pushed() {}

  end(chunk, encoding, callback) {
    if (typeof chunk === "function") [chunk, encoding, callback] = [undefined, undefined, chunk];
    else if (typeof encoding === "function") [encoding, callback] = [undefined, encoding];
    if (chunk) {
      if (this.finished) return fail(this, nodeError(Error, "ERR_STREAM_WRITE_AFTER_END", "write after end"), callback), this;
      push(this, chunk, encoding);
    } else if (this.finished) {
      return endedAgain(this, callback);
    } else if (!this._header) {
      this._contentLength = 0;
      this._implicitHeader();
    }
    if (typeof callback === "function") this.once("finish", callback);
    this.finished = true;
    this._finish();
    return this;
  }

  _finish() {
    this.emit("prefinish");
  }

  cork() {}

  uncork() {}

  setTimeout(ms, callback) {
    if (callback) this.on("timeout", callback);
    if (this.socket) this.socket.setTimeout(ms);
    else this.once("socket", (socket) => socket.setTimeout(ms));
    return this;
  }

  destroy(error) {
    if (this.destroyed) return this;
    this.destroyed = true;
    this[state].error = error ?? null;
    if (this.socket) this.socket.destroy(error);
    else this.once("socket", (socket) => socket.destroy(error));
    return this;
  }

  pipe() {
    this.emit("error", nodeError(Error, "ERR_STREAM_CANNOT_PIPE", "Cannot pipe, not readable"));
  }
});

// failed notes the error with which a message ends.
export function failed(message, error) {
  message[state].error = error ?? null;
}

function unsent(message, verb) {
  if (message._header) throw nodeError(Error, "ERR_HTTP_HEADERS_SENT", `Cannot ${verb} headers after they are sent to the client`);
}

function endedAgain(message, callback) {
  if (typeof callback !== "function") return message;
  if (message.writableFinished) callback(nodeError(Error, "ERR_STREAM_ALREADY_FINISHED", "Cannot call end after a stream was finished"));
  else message.once("finish", callback);
  return message;
}

function push(message, chunk, encoding, callback) {
  if (chunk === null) throw nodeError(TypeError, "ERR_STREAM_NULL_VALUES", "May not write null values to stream");
  const text = typeof chunk === "string";
  if (!text && !(chunk instanceof Uint8Array)) throw invalidArgument("chunk", "of type string or an instance of Buffer or Uint8Array", chunk);
  if (message.finished) return fail(message, nodeError(Error, "ERR_STREAM_WRITE_AFTER_END", "write after end"), callback);
  if (message.destroyed) return nextTick(callback ?? nothing, nodeError(Error, "ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed")), false;
  if (!message._header) message._implicitHeader();
  const bytes = text ? Buffer.from(chunk, encoding) : chunk;
  if (bytes.length > 0) message.outputData.push(bytes);
  if (callback && message.socket && !message.socket.connecting) nextTick(callback);
  else if (callback) message[state].done.push(callback);
  return room(message, bytes.length);
}

// room reports whether more may be written at once. What is written is in memory
// either way, so there is room again soon.
function room(message, length) {
  message.outputSize += length;
  const own = message[state];
  if (message.outputSize < highWaterMark) return true;
  if (!own.drain) {
    own.drain = true;
    nextTick(() => {
      own.drain = false;
      message.outputSize = 0;
      if (!message.finished && !message.destroyed) message.emit("drain");
    });
  }
  return false;
}

function fail(message, error, callback = nothing) {
  nextTick(() => {
    callback(error);
    if (!message.destroyed) message.emit("error", error);
  });
  return false;
}

function nothing() {}
