// Payload is the content of a request or response: text or bytes in memory, or a
// stream of them. The stream is only made when it is read.
import { native } from "../native.js";
import { Blob, blobBytes, concat } from "./blob.js";
import { FormData } from "./form.js";
import { bytesOf, text } from "./idl.js";
import { encodeForm } from "./multipart.js";
import { URLSearchParams } from "./url.js";
import { decodeUtf8 } from "./utf8.js";
import { ReadableStream } from "./late.js";

export class Payload {
  #source; // a string or bytes; null when only the stream has them
  #stream;
  #used = false;
  #failure = null;
  #controller = null;

  constructor(source, stream = null) {
    this.#source = source;
    this.#stream = stream;
  }

  // source is the whole body, when it is at hand: a string or bytes.
  get source() {
    return this.#source;
  }

  get stream() {
    return (this.#stream ??= this.#open());
  }

  get used() {
    return this.#used || (this.#stream?._disturbed ?? false);
  }

  get unusable() {
    return this.used || (this.#stream?.locked ?? false);
  }

  // collect uses the payload up and returns all of it, a string or bytes.
  async collect() {
    this.#used = true;
    if (this.#source !== null) this.#stream?.getReader();
    if (this.#failure) throw this.#failure.reason;
    if (this.#source !== null) return this.#source;
    return readAll(this.#stream);
  }

  // split returns a second payload with the same content.
  split() {
    if (!this.#stream) return new Payload(this.#source);
    const [mine, other] = this.#stream.tee();
    this.#stream = mine;
    return new Payload(this.#source, other);
  }

  // hand gives the payload to another owner and is used up.
  hand() {
    const heir = new Payload(this.#source, this.#stream);
    heir.#controller = this.#controller;
    this.#used = true;
    if (this.#stream) {
      this.#stream = new ReadableStream({ type: "bytes" });
      this.#stream.getReader();
    }
    return heir;
  }

  // fail makes further reading fail with reason.
  fail(reason) {
    if (this.#used) return;
    this.#failure = { reason };
    if (this.#stream?._state === "readable") this.#controller?.error(reason);
  }

  #open() {
    const used = this.#used;
    const stream = new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#controller = controller;
        if (used) controller.close();
        else if (this.#failure) controller.error(this.#failure.reason);
      },
      pull: (controller) => {
        const bytes = asBytes(this.#source);
        if (bytes.length) controller.enqueue(bytes.slice());
        controller.close();
        controller.byobRequest?.respond(0);
      },
    }, { highWaterMark: 0 });
    if (used) stream.getReader();
    return stream;
  }
}



export const asBytes = (source) => (typeof source === "string" ? native.utf8_encode(source) : source);

export function asText(source) {
  const string = typeof source === "string" ? source : decodeUtf8(source);
  return string.charCodeAt(0) === 0xfeff ? string.slice(1) : string;
}

async function readAll(stream) {
  const reader = stream.getReader();
  const pieces = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return pieces.length === 1 ? pieces[0] : concat(pieces);
    if (!(value instanceof Uint8Array)) {
      const error = new TypeError("Received non-Uint8Array chunk");
      await reader.cancel(error);
      throw error;
    }
    pieces.push(value);
  }
}

// payloadOf makes a payload of what is passed as a body: {payload, type}.
export function payloadOf(body, keepalive = false) {
  if (body instanceof ReadableStream) return { payload: streamed(body, keepalive), type: null };
  if (body instanceof URLSearchParams) {
    return { payload: new Payload(body.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (body instanceof FormData) {
    const { source, type } = encodeForm(body);
    return { payload: new Payload(source), type };
  }
  if (body instanceof Blob) return { payload: new Payload(blobBytes(body)), type: body.type || null };
  const bytes = bytesOf(body);
  if (bytes) return { payload: new Payload(bytes.slice()), type: null };
  if (typeof body === "object" && typeof body?.[Symbol.asyncIterator] === "function") {
    return { payload: streamed(ReadableStream.from(body), keepalive), type: null };
  }
  return { payload: new Payload(text(body)), type: "text/plain;charset=UTF-8" };
}

function streamed(stream, keepalive) {
  if (keepalive) throw new TypeError("keepalive");
  if (stream.locked || stream._disturbed) {
    throw new TypeError("Response body object should not be disturbed or locked");
  }
  return new Payload(null, stream);
}
