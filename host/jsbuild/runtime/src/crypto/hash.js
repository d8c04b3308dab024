// Hash and Hmac. They collect what they are given and ask the host once.
import { Buffer } from "../node/buffer.js";
import { checkString, hidden, nodeError } from "../node/errors.js";
import { anyKey, bytes, copied, needBytes, needView, out } from "./bytes.js";
import { bytesOf, short } from "./call.js";
import { KeyObject, secretBytes } from "./key.js";
import { canonicalHash } from "./names.js";
import { streamed } from "./stream.js";

const extensible = ["shake128", "shake256"];

// Chunks joins what arrives in parts.
class Chunks {
  #list = [];

  add(chunk) {
    this.#list.push(chunk);
  }

  join() {
    const joined = this.#list.length === 1 ? this.#list[0] : Buffer.concat(this.#list);
    this.#list = [joined];
    return joined;
  }

  copy() {
    const copy = new Chunks();
    copy.#list = [...this.#list];
    return copy;
  }
}

export class Hash {
  #algorithm;
  #length;
  #chunks = new Chunks();
  #done = false;

  constructor(algorithm, options) {
    checkString(algorithm, "algorithm");
    this.#algorithm = canonicalHash(algorithm) ?? unsupportedDigest();
    this.#length = options?.outputLength;
    if (options) hidden(this, "_options", options);
  }

  update(data, encoding) {
    if (this.#done) throw finalized();
    const chunk = needView(data, "data", encoding);
    this.#chunks.add(typeof data === "string" ? chunk : copied(chunk));
    return this;
  }

  digest(encoding) {
    if (this.#done) throw finalized();
    this.#done = true;
    return out(digestOf(this.#algorithm, this.#chunks.join(), this.#length), encoding);
  }

  copy(options) {
    if (this.#done) throw finalized();
    const copy = new Hash(this.#algorithm, options ?? this._options);
    copy.#chunks = this.#chunks.copy();
    return copy;
  }
}

export class Hmac {
  #algorithm;
  #key;
  #chunks = new Chunks();
  #done = false;

  constructor(algorithm, key, options) {
    checkString(algorithm, "hmac");
    this.#key = hmacKey(key, options?.encoding);
    this.#algorithm = canonicalHash(algorithm) ?? invalidDigest(algorithm);
    if (options) hidden(this, "_options", options);
  }

  update(data, encoding) {
    if (this.#done) throw finalized();
    const chunk = needView(data, "data", encoding);
    this.#chunks.add(typeof data === "string" ? chunk : copied(chunk));
    return this;
  }

  // A second digest is empty, as Node has it.
  digest(encoding) {
    if (this.#done) return out(Buffer.alloc(0), encoding);
    this.#done = true;
    return out(hmacOf(this.#algorithm, this.#key, this.#chunks.join()), encoding);
  }
}

for (const Class of [Hash, Hmac]) {
  streamed(Class, { transform: (hash, chunk, encoding) => void hash.update(chunk, encoding), flush: (hash) => hash.digest() });
}

function hmacKey(key, encoding) {
  return copied(key instanceof KeyObject || key?.constructor?.name === "CryptoKey" ? secretBytes(key) : needBytes(key, "key", anyKey, encoding));
}

// digestOf returns a digest by the canonical name of its algorithm.
export function digestOf(algorithm, data, length) {
  if (length === undefined) return extensible.includes(algorithm) ? bytesOf({ op: "digest", hash: algorithm }, data) : short(`digest ${algorithm}`, data);
  return bytesOf({ op: "digest", hash: algorithm, length }, data);
}

// hmacOf returns a code by the canonical name of its algorithm.
export function hmacOf(algorithm, key, data) {
  return short(`hmac ${algorithm} ${key.length}`, key, data);
}

export function createHash(algorithm, options) {
  return new Hash(algorithm, options);
}

export function createHmac(algorithm, key, options) {
  return new Hmac(algorithm, key, options);
}

// hash is a digest in one step.
export function hash(algorithm, data, encoding = "hex") {
  checkString(algorithm, "algorithm");
  const input = typeof data === "string" || ArrayBuffer.isView(data) ? bytes(data) : needView(data, "input");
  return out(digestOf(canonicalHash(algorithm) ?? unsupportedDigest(), input), encoding);
}

function unsupportedDigest() {
  throw new Error("Digest method not supported");
}

export function invalidDigest(algorithm) {
  throw nodeError(TypeError, "ERR_CRYPTO_INVALID_DIGEST", algorithm === undefined ? "Invalid digest" : `Invalid digest: ${algorithm}`);
}

function finalized() {
  return nodeError(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
}
