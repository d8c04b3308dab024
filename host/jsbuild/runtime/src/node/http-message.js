// http.IncomingMessage: a response, as a stream of its body.
import { Buffer } from "./buffer.js";
import { joined } from "./http-headers.js";
import { stream } from "./stream.js";

// connectionReset is the error of an exchange that ended before its time.
export function connectionReset(message) {
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}

export class IncomingMessage extends stream.Readable {
  constructor(socket) {
    super({ highWaterMark: socket?.readableHighWaterMark });
    Object.assign(this, {
      httpVersionMajor: 1, httpVersionMinor: 1, httpVersion: "1.1", complete: false,
      headers: {}, headersDistinct: Object.create(null), rawHeaders: [], trailers: {}, trailersDistinct: Object.create(null), rawTrailers: [],
      joinDuplicateHeaders: undefined, aborted: false, upgrade: null, url: "", method: null, statusCode: null, statusMessage: null, socket, client: socket,
    });
  }

  get connection() {
    return this.socket;
  }

  setTimeout(ms, callback) {
    if (callback) this.on("timeout", callback);
    this.socket?.setTimeout(ms);
    return this;
  }

  // take fills the message with the host's answer.
  take({ status, headers, body }, statusMessage) {
    this.statusCode = status;
    this.statusMessage = statusMessage;
    this.headers = joined(headers);
    Object.assign(this.headersDistinct, headers);
    this.rawHeaders = Object.entries(headers).flatMap(([name, values]) => values.flatMap((value) => [name, value]));
    this.body = typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    Object.defineProperty(this, "body", { enumerable: false });
  }

  _read() {
    if (this.complete) return;
    this.complete = true;
    if (this.body?.length > 0) this.push(this.body);
    this.push(null);
  }

  _destroy(error, callback) {
    if (!this.readableEnded || !this.complete) {
      this.aborted = true;
      this.emit("aborted");
      this.req?.hangUp(error);
    }
    const shown = error ?? (this.aborted ? connectionReset("aborted") : null);
    queueMicrotask(() => callback(this.listenerCount("error") > 0 ? shown : null)); // what no one listens for fails nothing
  }

  _dump() {
    this.resume();
  }
}
