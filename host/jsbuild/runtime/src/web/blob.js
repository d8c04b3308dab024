// Blob and File: bytes in memory.
import { native } from "../native.js";
import { decodeUtf8 } from "./utf8.js";
import { bytesOf, coded, expose, missing, show, text, wrongType } from "./idl.js";
import { ReadableStream } from "./late.js";

const chunkBytes = 65536;
const hidden = Symbol("Blob");

let read;

export class Blob {
  #bytes;
  #type;

  constructor(parts = [], options = undefined) {
    if (parts === hidden) {
      this.#bytes = options.bytes;
      this.#type = options.type;
      return;
    }
    if (parts === null || typeof parts !== "object" || typeof parts[Symbol.iterator] !== "function") {
      throw wrongType("sources", "a sequence", parts);
    }
    if (options != null && typeof options !== "object") throw wrongType("options", "a dictionary", options);
    const { type = "", endings = "transparent" } = options ?? {};
    this.#bytes = joinParts(Array.from(parts), endingsOf(endings));
    this.#type = typeOf(type);
  }

  get size() {
    return this.#bytes.length;
  }
  get type() {
    return this.#type;
  }
  slice(start = 0, end = this.size, type = "") {
    const bytes = this.#bytes.subarray(clamp(start), clamp(end));
    return makeBlob(bytes, typeOf(type));
  }
  async arrayBuffer() {
    return this.#bytes.slice().buffer;
  }
  async bytes() {
    return this.#bytes.slice();
  }
  async text() {
    return decodeUtf8(this.#bytes).replace(/^\ufeff/, "");
  }
  stream() {
    const bytes = this.#bytes;
    let at = 0;
    return new ReadableStream({
      type: "bytes",
      pull(controller) {
        if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += chunkBytes)));
        if (at < bytes.length) return;
        controller.close();
        controller.byobRequest?.respond(0);
      },
    });
  }

  static {
    read = (blob) => blob.#bytes;
  }
}
expose(Blob, "Blob");
show(Blob, ({ size, type }) => ({ size, type }));

// blobBytes returns a blob's bytes. The caller must not write to them.
export const blobBytes = (blob) => read(blob);

// makeBlob makes a blob of bytes, without copying them.
export function makeBlob(bytes, type) {
  return new Blob(hidden, { bytes, type });
}

export class File extends Blob {
  #name;
  #lastModified;

  constructor(bits, name, options = undefined) {
    if (arguments.length < 2) throw missing('The "fileBits" and "fileName" arguments must be specified');
    super(bits, options);
    this.#name = text(name);
    const { lastModified } = options ?? {};
    this.#lastModified = lastModified === undefined ? Math.floor(native.now()) : Math.trunc(Number(lastModified)) || 0;
  }
  get name() {
    return this.#name;
  }
  get lastModified() {
    return this.#lastModified;
  }
}
expose(File, "File");
show(File, ({ size, type, name, lastModified }) => ({ size, type, name, lastModified }));

function clamp(position) {
  return Math.trunc(Number(position)) || 0;
}

function typeOf(type) {
  const string = `${type}`;
  return /[^\x20-\x7e]/.test(string) ? "" : string.toLowerCase();
}

function endingsOf(endings) {
  if (endings === "transparent" || endings === "native") return endings === "native";
  throw coded(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.endings' is invalid. Received '${endings}'`);
}

function joinParts(parts, convert) {
  const pieces = parts.map((part) => {
    if (part instanceof Blob) return read(part);
    const bytes = bytesOf(part);
    if (bytes) return bytes;
    const string = text(part);
    return native.utf8_encode(convert ? string.replace(/\r\n|\r/g, "\n") : string);
  });
  return concat(pieces);
}

// concat returns a fresh array with all of pieces.
export function concat(pieces) {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
