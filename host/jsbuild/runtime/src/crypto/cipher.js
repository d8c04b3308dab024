// Ciphers in steps. Blocks and streams come out as they can; what is
// authenticated comes out before its tag is known, as in Node.
import { Buffer } from "../node/buffer.js";
import { checkString, hidden, invalidArgument, nodeError } from "../node/errors.js";
import { anyKey, copied, needBytes, needView, out } from "./bytes.js";
import { bytesOf } from "./call.js";
import { CryptoKey } from "./cryptokey.js";
import { KeyObject, secretBytes } from "./key.js";
import { cipherInfo } from "./names.js";
import { streamed } from "./stream.js";

const blockBytes = 16;
const none = Buffer.alloc(0);

class Step {
  #encrypting;
  #mode;
  #head;
  #key;
  #iv;
  #rest = none; // what waits for the end of its block; all that came when authenticating
  #offset = 0; // in the current block of a stream
  #padded = true;
  #extra = none;
  #tag;
  #tagBytes;
  #done = false;

  constructor(encrypting, name, key, iv, options) {
    checkString(name, "cipher");
    const info = cipherInfo(name);
    if (!info) throw nodeError(Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
    this.#encrypting = encrypting;
    this.#mode = info.mode;
    this.#head = { op: encrypting ? "encrypt" : "decrypt", cipher: name };
    this.#key = key instanceof KeyObject || key instanceof CryptoKey ? secretBytes(key) : copied(needBytes(key, "key", anyKey));
    this.#iv = iv === null ? none : copied(needBytes(iv, "iv"));
    this.#check(info);
    this.#tagBytes = options?.authTagLength;
    if (options) hidden(this, "_options", options);
  }

  #check({ keyLength, ivLength = 0 }) {
    if (this.#key.length !== keyLength) throw nodeError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    if (this.#mode === "gcm" ? this.#iv.length === 0 : this.#iv.length !== ivLength) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
  }

  get #authenticates() {
    return this.#mode === "gcm" || this.#mode === "stream";
  }

  update(data, inputEncoding, outputEncoding) {
    if (this.#done) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "Unsupported state");
    const chunk = needView(data, "data", inputEncoding);
    const all = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (this.#authenticates || this.#mode === "wrap") {
      this.#rest = all === chunk ? copied(all) : all;
      return out(this.#authenticates && chunk.length ? this.#ahead(chunk.length) : none, outputEncoding);
    }
    return out(this.#mode === "ctr" ? this.#stream(chunk) : this.#blocks(all), outputEncoding);
  }

  // ahead is the output for the last bytes that came. Encrypting is decrypting,
  // as both combine the bytes with what the key and the vector give.
  #ahead(size) {
    const end = this.#rest.length;
    return bytesOf({ op: "encrypt", cipher: this.#head.cipher }, this.#key, this.#iv, this.#rest).subarray(end - size, end);
  }

  // blocks does what of all is whole blocks, and keeps the rest. A decipher
  // keeps the last block too: its padding must go.
  #blocks(all) {
    const back = !this.#encrypting && this.#padded && all.length ? 1 : 0;
    const size = Math.floor((all.length - back) / blockBytes) * blockBytes;
    this.#rest = copied(all.subarray(size));
    if (size === 0) return none;
    const input = all.subarray(0, size);
    const output = bytesOf({ ...this.#head, unpadded: true }, this.#key, this.#iv, input);
    if (this.#mode === "cbc") this.#iv = copied((this.#encrypting ? output : input).subarray(-blockBytes));
    return output;
  }

  // stream goes on in the middle of a block when it must.
  #stream(chunk) {
    const output = bytesOf(this.#head, this.#key, this.#iv, Buffer.concat([Buffer.alloc(this.#offset), chunk])).subarray(this.#offset);
    const end = this.#offset + chunk.length;
    this.#iv = advanced(this.#iv, Math.floor(end / blockBytes));
    this.#offset = end % blockBytes;
    return output;
  }

  final(outputEncoding) {
    if (this.#done) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "Unsupported state");
    this.#done = true;
    if (this.#authenticates) {
      if (this.#encrypting) this.#seal();
      else this.#unseal();
      return out(none, outputEncoding);
    }
    if (this.#mode === "ctr") return out(none, outputEncoding);
    if (!this.#padded && this.#mode !== "wrap" && this.#rest.length === 0) return out(none, outputEncoding);
    return out(bytesOf({ ...this.#head, unpadded: !this.#padded }, this.#key, this.#iv, this.#rest), outputEncoding);
  }

  #seal() {
    const sealed = bytesOf({ ...this.#head, tag_bytes: this.#tagBytes }, this.#key, this.#iv, this.#rest, this.#extra);
    this.#tag = Buffer.from(sealed.subarray(this.#rest.length));
  }

  #unseal() {
    if (!this.#tag) throw new Error("Unsupported state or unable to authenticate data");
    bytesOf({ ...this.#head, tag_bytes: this.#tag.length }, this.#key, this.#iv, Buffer.concat([this.#rest, this.#tag]), this.#extra);
  }

  setAutoPadding(padded = true) {
    this.#padded = Boolean(padded);
    return this;
  }

  setAAD(data, options) {
    this.#extra = Buffer.concat([this.#extra, needBytes(data, "buffer", undefined, options?.encoding)]);
    return this;
  }

  getAuthTag() {
    if (!this.#tag || !this.#encrypting) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "Invalid state for operation getAuthTag");
    return this.#tag;
  }

  setAuthTag(tag, encoding) {
    if (this.#encrypting || !this.#authenticates || this.#done) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "Invalid state for operation setAuthTag");
    if (typeof tag !== "string" && !ArrayBuffer.isView(tag) && !(tag instanceof ArrayBuffer)) throw invalidArgument("buffer", "an instance of Buffer, TypedArray, or DataView", tag);
    const given = Buffer.from(needBytes(tag, "buffer", undefined, encoding));
    if (![4, 8, 12, 13, 14, 15, 16].includes(given.length) || (this.#tagBytes !== undefined && this.#tagBytes !== given.length)) {
      throw nodeError(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${given.length}`);
    }
    this.#tag = given;
    return this;
  }
}

// advanced returns a counter that is n blocks further.
function advanced(counter, n) {
  const next = copied(counter);
  for (let i = next.length - 1, carry = n; i >= 0 && carry > 0; i--) {
    const sum = next[i] + (carry % 256);
    next[i] = sum & 255;
    carry = Math.floor(carry / 256) + (sum >> 8);
  }
  return next;
}

export class Cipheriv extends Step {
  constructor(name, key, iv, options) {
    super(true, name, key, iv, options);
  }
}

export class Decipheriv extends Step {
  constructor(name, key, iv, options) {
    super(false, name, key, iv, options);
  }
}

streamed(Step, { transform: (step, chunk, encoding) => step.update(chunk, encoding), flush: (step) => step.final() });

export function createCipheriv(name, key, iv, options) {
  return new Cipheriv(name, key, iv, options);
}

export function createDecipheriv(name, key, iv, options) {
  return new Decipheriv(name, key, iv, options);
}

export function getCipherInfo(name, options = {}) {
  const byNumber = typeof name === "number" ? names().find((each) => cipherInfo(each).nid === name) : name;
  const info = byNumber === undefined ? undefined : cipherInfo(byNumber);
  if (!info) return undefined;
  if (options.keyLength !== undefined && options.keyLength !== info.keyLength) return undefined;
  if (options.ivLength === undefined || options.ivLength === info.ivLength) return info;
  return info.mode === "gcm" && options.ivLength > 0 ? { ...info, ivLength: options.ivLength } : undefined;
}

function names() {
  return [128, 192, 256].flatMap((size) => ["cbc", "ctr", "ecb", "gcm", "wrap"].map((mode) => `aes-${size}-${mode}`));
}
