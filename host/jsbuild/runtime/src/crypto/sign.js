// Signatures: in one step, or of what arrives in parts.
import { Buffer } from "../node/buffer.js";
import { checkFunction, checkString, hidden, nodeError } from "../node/errors.js";
import { copied, needBytes, needView, out } from "./bytes.js";
import { bytesOf } from "./call.js";
import { constants } from "./constants.js";
import { invalidDigest } from "./hash.js";
import { infoOf, material, privateKey, publicKey } from "./key.js";
import { later } from "./later.js";
import { canonicalHash } from "./names.js";
import { streamed } from "./stream.js";

class Collected {
  #chunks = [];
  #hash;

  constructor(algorithm, options) {
    checkString(algorithm, "algorithm");
    this.#hash = canonicalHash(algorithm) ?? invalidDigest();
    if (options) hidden(this, "_options", options);
  }

  update(data, encoding) {
    const chunk = needView(data, "data", encoding);
    this.#chunks.push(typeof data === "string" ? chunk : copied(chunk));
    return this;
  }

  static parts(from) {
    return [from.#hash, Buffer.concat(from.#chunks)];
  }
}

streamed(Collected, { transform: (each, chunk, encoding) => void each.update(chunk, encoding), flush: () => undefined });

export class Sign extends Collected {
  sign(key, encoding) {
    return out(signature(...Collected.parts(this), key), encoding);
  }
}

export class Verify extends Collected {
  verify(key, given, encoding) {
    return verified(...Collected.parts(this), key, needBytes(given, "signature", undefined, encoding));
  }
}

// signature signs data, hash being undefined for keys that bring their own.
function signature(hash, data, key) {
  if (!key) throw nodeError(Error, "ERR_CRYPTO_SIGN_KEY_REQUIRED", "No key provided to sign");
  const object = privateKey(key);
  return bytesOf({ op: "sign", hash, ...scheme(key, object) }, material(object), data);
}

function verified(hash, data, key, given) {
  const object = publicKey(key);
  return bytesOf({ op: "verify", hash, ...scheme(key, object) }, material(object), data, given)[0] === 1;
}

// scheme returns how a key signs, by the options that stand beside it.
function scheme(given, key) {
  const { padding, saltLength, dsaEncoding = "der" } = given;
  if (dsaEncoding !== "der" && dsaEncoding !== "ieee-p1363") throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.dsaEncoding' is invalid. Received '${dsaEncoding}'`);
  if (infoOf(key).type !== "rsa") return { encoding: dsaEncoding };
  if (padding === undefined || padding === constants.RSA_PKCS1_PADDING) return { padding: "pkcs1" };
  if (padding === constants.RSA_PKCS1_PSS_PADDING) return { padding: "pss", salt_length: saltLength };
  throw Object.assign(new Error("error:1C8000A5:Provider routines::illegal or unsupported padding mode"), { code: "ERR_OSSL_ILLEGAL_OR_UNSUPPORTED_PADDING_MODE" });
}

export function createSign(algorithm, options) {
  return new Sign(algorithm, options);
}

export function createVerify(algorithm, options) {
  return new Verify(algorithm, options);
}

function hashFor(algorithm) {
  if (algorithm === null || algorithm === undefined) return undefined;
  checkString(algorithm, "algorithm");
  return canonicalHash(algorithm) ?? invalidDigest(algorithm);
}

// The functions sign and verify take all of the data at once.
export function signOnce(algorithm, data, key, callback) {
  const hash = hashFor(algorithm);
  const input = needBytes(data, "data");
  if (callback === undefined) return signature(hash, input, key);
  checkFunction(callback, "callback");
  return later(callback, () => [signature(hash, input, key)]);
}

export function verifyOnce(algorithm, data, key, given, callback) {
  const hash = hashFor(algorithm);
  const [input, signed] = [needBytes(data, "data"), needBytes(given, "signature")];
  if (callback === undefined) return verified(hash, input, key, signed);
  checkFunction(callback, "callback");
  return later(callback, () => [verified(hash, input, key, signed)]);
}
