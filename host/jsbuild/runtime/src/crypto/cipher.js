// Ciphers in steps. Blocks and streams come out as they can; what is
// authenticated comes out before its tag is known, as in Node.
import { StringDecoder } from "string_decoder/";
import { Buffer } from "../node/buffer.js";
import { checkString, hidden, invalidArgument, nodeError } from "../node/errors.js";
import { anyKey, copied, needBytes, needView } from "./bytes.js";
import { bytesOf } from "./call.js";
import { CryptoKey } from "./cryptokey.js";
import { KeyObject, secretBytes } from "./key.js";
import { cipherInfo, getCiphers } from "./names.js";
import { streamed } from "./stream.js";

const none = Buffer.alloc(0);

class Step {
  #encrypting;
  #mode;
  #block; // the bytes of one
  #head;
  #key;
  #iv;
  #rest = none; // what waits for the end of its block; all that came when authenticating
  #begun = none; // what has come of the current block of a stream
  #padded = true;
  #extra = none;
  #tag;
  #tagBytes;
  #done = false;
  #opened = false; // CCM has had its message
  #decoder; // of output as a string: a character may be in two parts

  constructor(encrypting, name, key, iv, options) {
    checkString(name, "cipher");
    const info = cipherInfo(name);
    if (!info) throw nodeError(Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
    this.#encrypting = encrypting;
    this.#mode = info.name === "chacha20-poly1305" ? "poly" : info.name.endsWith("cfb8") ? "cfb8" : info.mode;
    this.#block = info.name.startsWith("des") ? 8 : info.name === "chacha20" ? 64 : 16;
    this.#head = { op: encrypting ? "encrypt" : "decrypt", cipher: name };
    this.#key = key instanceof KeyObject || key instanceof CryptoKey ? secretBytes(key) : copied(needBytes(key, "key", anyKey));
    this.#iv = iv === null ? none : copied(needBytes(iv, "iv"));
    this.#check(info);
    this.#tagBytes = options?.authTagLength;
    if (this.#mode === "ccm") this.#checkTag(name);
    if (options) hidden(this, "_options", options);
  }

  #check({ keyLength, ivLength = 0 }) {
    if (this.#key.length !== keyLength) throw nodeError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    const n = this.#iv.length;
    const fits = this.#mode === "gcm" ? n > 0 : this.#mode === "ccm" ? n >= 7 && n <= 13 : n === ivLength;
    if (!fits) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
  }

  #checkTag(name) {
    if (this.#tagBytes === undefined) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `authTagLength required for ${name}`);
    if (![4, 6, 8, 10, 12, 14, 16].includes(this.#tagBytes)) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${this.#tagBytes}`);
  }

  get #authenticates() {
    return ["gcm", "ccm", "poly"].includes(this.#mode);
  }

  update(data, inputEncoding, outputEncoding) {
    if (this.#done) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "Unsupported state");
    const chunk = needView(data, "data", inputEncoding);
    const all = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (this.#authenticates || this.#mode === "wrap") {
      this.#rest = all === chunk ? copied(all) : all;
      if (this.#mode === "ccm") return this.#out(this.#whole(), outputEncoding);
      return this.#out(this.#authenticates && chunk.length ? this.#ahead(chunk.length) : none, outputEncoding);
    }
    return this.#out(this.#streams ? this.#stream(chunk) : this.#blocks(all), outputEncoding);
  }

  // whole does a message of CCM, which comes in one part.
  #whole() {
    const done = this.#encrypting ? this.#seal() : this.#unseal();
    this.#rest = none;
    this.#opened = true;
    return done;
  }

  // out returns a Buffer, or what can be shown of it so far in an encoding.
  #out(buffer, encoding, last = false) {
    if (!encoding || encoding === "buffer") return buffer;
    const forURL = encoding.toLowerCase() === "base64url";
    this.#decoder ??= new StringDecoder(forURL ? "base64" : encoding);
    const shown = this.#decoder.write(Buffer.from(buffer)) + (last ? this.#decoder.end() : "");
    return forURL ? shown.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") : shown;
  }

  get #streams() {
    return ["ctr", "cfb", "cfb8", "ofb", "stream"].includes(this.#mode);
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
    const size = Math.floor((all.length - back) / this.#block) * this.#block;
    this.#rest = copied(all.subarray(size));
    if (size === 0) return none;
    const input = all.subarray(0, size);
    const output = bytesOf({ ...this.#head, unpadded: true }, this.#key, this.#iv, input);
    if (this.#mode === "cbc") this.#iv = copied((this.#encrypting ? output : input).subarray(-this.#block));
    return output;
  }

  // stream goes on in the middle of a block when it must.
  #stream(chunk) {
    const skipped = this.#begun.length;
    const input = skipped ? Buffer.concat([this.#begun, chunk]) : chunk;
    const output = bytesOf(this.#head, this.#key, this.#iv, input);
    const whole = this.#mode === "cfb8" ? input.length : Math.floor(input.length / this.#block) * this.#block;
    if (whole > 0) this.#iv = this.#next(input.subarray(0, whole), output.subarray(0, whole));
    this.#begun = copied(input.subarray(whole));
    return output.subarray(skipped);
  }

  // next returns the vector with which the stream goes on after whole blocks.
  #next(input, output) {
    const block = this.#block;
    const fed = this.#encrypting ? output : input;
    switch (this.#mode) {
      case "ctr":
        return advanced(this.#iv, input.length / block);
      case "stream":
        return counted(this.#iv, input.length / block);
      case "ofb":
        return Buffer.from(input.subarray(-block).map((byte, i) => byte ^ output[output.length - block + i]));
      default:
        return copied(Buffer.concat([this.#iv, fed]).subarray(-block));
    }
  }

  final(outputEncoding) {
    if (this.#done) throw nodeError(Error, "ERR_CRYPTO_INVALID_STATE", "Unsupported state");
    this.#done = true;
    return this.#out(this.#last(), outputEncoding, true);
  }

  #last() {
    if (this.#opened || this.#streams) return none;
    if (this.#authenticates) {
      if (this.#encrypting) this.#seal();
      else this.#unseal();
      return none;
    }
    if (!this.#padded && this.#mode !== "wrap" && this.#rest.length === 0) return none;
    return bytesOf({ ...this.#head, unpadded: !this.#padded }, this.#key, this.#iv, this.#rest);
  }

  #seal() {
    const sealed = bytesOf({ ...this.#head, tag_bytes: this.#tagBytes }, this.#key, this.#iv, this.#rest, this.#extra);
    this.#tag = Buffer.from(sealed.subarray(this.#rest.length));
    return sealed.subarray(0, this.#rest.length);
  }

  #unseal() {
    if (!this.#tag) throw new Error("Unsupported state or unable to authenticate data");
    return bytesOf({ ...this.#head, tag_bytes: this.#tag.length }, this.#key, this.#iv, Buffer.concat([this.#rest, this.#tag]), this.#extra);
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
    const lengths = this.#mode === "ccm" ? [this.#tagBytes] : [4, 8, 12, 13, 14, 15, 16];
    if (!lengths.includes(given.length) || (this.#tagBytes !== undefined && this.#tagBytes !== given.length)) {
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

// counted returns the vector of chacha20, whose first 4 bytes count, n blocks further.
function counted(iv, n) {
  const next = Buffer.from(iv);
  next.writeUInt32LE((next.readUInt32LE(0) + n) % 2 ** 32, 0);
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
  const byNumber = typeof name === "number" ? getCiphers().find((each) => cipherInfo(each).nid === name) : name;
  const info = byNumber === undefined ? undefined : cipherInfo(byNumber);
  if (!info) return undefined;
  if (options.keyLength !== undefined && options.keyLength !== info.keyLength) return undefined;
  if (options.ivLength === undefined || options.ivLength === info.ivLength) return info;
  const fits = info.mode === "gcm" ? options.ivLength > 0 : info.mode === "ccm" && options.ivLength >= 7 && options.ivLength <= 13;
  return fits ? { ...info, ivLength: options.ivLength } : undefined;
}
