// Algorithms with one secret key: AES, HMAC, and the derivations.
import { Buffer } from "../node/buffer.js";
import { native } from "../native.js";
import { allowed, attempt, checkAlg, checkJWK, exception, hashBits, hashName, hostHash, parameter, required, source } from "./algorithm.js";
import { copied } from "./bytes.js";
import { bytesOf } from "./call.js";
import { makeCryptoKey, keyOf } from "./cryptokey.js";
import { hmacOf } from "./hash.js";
import { makeKey, material } from "./key.js";

const rawOf = (key) => material(keyOf(key));

function need(usages) {
  if (usages.length === 0) throw exception("SyntaxError", "Usages cannot be empty when creating a key.");
}

// readSecret returns the bytes of a secret key in raw form or as a JWK.
function readSecret(format, data, extractable, usages, use, algOf) {
  if (format === "raw" || format === "raw-secret") return source(data, "importKey", "2nd argument");
  if (format !== "jwk") throw exception("NotSupportedError", `Unable to import a secret key with format ${format}`);
  checkJWK(data, "oct", extractable, usages, use);
  if (typeof data.k !== "string") throw exception("DataError", "Invalid JWK");
  const bytes = Buffer.from(data.k, "base64url");
  checkAlg(data, algOf(bytes));
  return bytes;
}

function writeSecret(format, key, alg) {
  if (format === "raw" || format === "raw-secret") return copied(rawOf(key)).buffer;
  if (format !== "jwk") throw exception("NotSupportedError", `Unable to export a secret key with format ${format}`);
  return { key_ops: [...key.usages], ext: key.extractable, kty: "oct", k: Buffer.from(rawOf(key)).toString("base64url"), alg };
}

function aes(name, suffix, usages, operations) {
  const alg = (length) => `A${length}${suffix}`;
  return {
    generate(algorithm, extractable, given) {
      const length = required(algorithm, "length", "generateKey");
      if (![128, 192, 256].includes(length)) throw exception("OperationError", "AES key length must be 128, 192, or 256 bits");
      need(allowed(given, usages, "an AES key"));
      return makeCryptoKey(makeKey("secret", native.random(length / 8)), { name, length }, extractable, given);
    },
    import(format, data, algorithm, extractable, given) {
      need(allowed(given, usages, "an AES key"));
      const bytes = readSecret(format, data, extractable, given, "enc", (raw) => alg(raw.length * 8));
      if (![16, 24, 32].includes(bytes.length)) throw exception("DataError", "Invalid key length");
      return makeCryptoKey(makeKey("secret", bytes), { name, length: bytes.length * 8 }, extractable, given);
    },
    export: (format, key) => writeSecret(format, key, alg(key.algorithm.length)),
    keyLength(algorithm) {
      if (![128, 192, 256].includes(algorithm.length)) throw exception("OperationError", "AES key length must be 128, 192, or 256 bits");
      return algorithm.length;
    },
    ...operations,
  };
}

const failed = "The operation failed for an operation-specific reason";

// cryption returns encrypt and decrypt by what params takes from the
// algorithm: {head, iv, extra}.
function cryption(mode, params) {
  const run = (op) => (algorithm, key, data) => {
    const { head, iv, extra } = params(algorithm, op);
    const all = { op, cipher: `aes-${key.algorithm.length}-${mode}`, ...head };
    return attempt(() => bytesOf(all, rawOf(key), iv, data, extra ?? Buffer.alloc(0)), "OperationError", failed);
  };
  return { encrypt: run("encrypt"), decrypt: run("decrypt") };
}

function gcm(algorithm, where) {
  const iv = parameter(algorithm, "iv", where);
  const { tagLength = 128, additionalData } = algorithm;
  if (![32, 64, 96, 104, 112, 120, 128].includes(tagLength)) throw exception("OperationError", `${tagLength} is not a valid AES-GCM tag length`);
  return { head: { tag_bytes: tagLength / 8 }, iv, extra: additionalData === undefined ? undefined : source(additionalData, where, "algorithm.additionalData") };
}

function cbc(algorithm, where) {
  const iv = parameter(algorithm, "iv", where);
  if (iv.length !== 16) throw exception("OperationError", "algorithm.iv must contain exactly 16 bytes");
  return { iv };
}

function ctr(algorithm, where) {
  const iv = parameter(algorithm, "counter", where);
  const bits = required(algorithm, "length", where);
  if (iv.length !== 16) throw exception("OperationError", "algorithm.counter must contain exactly 16 bytes");
  if (!(bits >= 1 && bits <= 128)) throw exception("OperationError", "AES-CTR algorithm.length must be between 1 and 128");
  return { head: { bits }, iv };
}

// wrapping is AES-KW: it encrypts keys only.
function wrapping() {
  const iv = Buffer.alloc(8, 0xa6);
  const run = (op) => (algorithm, key, data) => attempt(() => bytesOf({ op, cipher: `aes-${key.algorithm.length}-wrap` }, rawOf(key), iv, data), "OperationError", failed);
  return { wrap: run("encrypt"), unwrap: run("decrypt") };
}

const all = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];

const hmac = {
  generate(algorithm, extractable, usages) {
    const hash = hashName(required(algorithm, "hash", "generateKey"));
    const length = this.keyLength({ ...algorithm, hash });
    need(allowed(usages, ["sign", "verify"], "an HMAC key"));
    return makeCryptoKey(makeKey("secret", native.random(Math.ceil(length / 8))), { name: "HMAC", length, hash: { name: hash } }, extractable, usages);
  },
  import(format, data, algorithm, extractable, usages) {
    const hash = hashName(required(algorithm, "hash", "importKey"));
    need(allowed(usages, ["sign", "verify"], "an HMAC key"));
    const bytes = readSecret(format, data, extractable, usages, "sig", () => `HS${hash.slice(4)}`);
    if (bytes.length === 0) throw exception("DataError", "Zero-length key is not supported");
    const { length = bytes.length * 8 } = algorithm;
    if (Math.ceil(length / 8) !== bytes.length) throw exception("DataError", "Invalid key length");
    return makeCryptoKey(makeKey("secret", bytes), { name: "HMAC", length, hash: { name: hash } }, extractable, usages);
  },
  export: (format, key) => writeSecret(format, key, `HS${key.algorithm.hash.name.slice(4)}`),
  keyLength(algorithm) {
    const { length } = algorithm;
    if (length === 0) throw exception("OperationError", "Zero-length key is not supported");
    return length ?? (hashBits[hashName(algorithm.hash)] > 256 ? 1024 : 512);
  },
  sign: (algorithm, key, data) => hmacOf(hostHash(key.algorithm.hash.name), rawOf(key), data),
  verify(algorithm, key, signature, data) {
    const sum = this.sign(algorithm, key, data);
    let differ = sum.length ^ signature.length;
    for (let i = 0; i < sum.length; i++) differ |= sum[i] ^ signature[i];
    return differ === 0;
  },
};

// derivation makes HKDF and PBKDF2; head takes their parameters and gives the
// parts besides the key.
function derivation(name, head) {
  return {
    import(format, data, algorithm, extractable, usages) {
      need(allowed(usages, ["deriveKey", "deriveBits"], `a ${name} key`));
      if (extractable) throw exception("SyntaxError", `${name} keys are not extractable`);
      if (format !== "raw" && format !== "raw-secret") throw exception("NotSupportedError", `Unable to import ${name} key with format ${format}`);
      return makeCryptoKey(makeKey("secret", source(data, "importKey", "2nd argument")), { name }, false, usages);
    },
    keyLength: () => null,
    derive(algorithm, key, length) {
      if (length === null || length === undefined) throw exception("OperationError", "length cannot be null");
      if (length % 8) throw exception("OperationError", "length must be a multiple of 8");
      const hash = hostHash(hashName(required(algorithm, "hash", "deriveBits")));
      const [params, ...parts] = head(algorithm);
      return attempt(() => bytesOf({ ...params, hash, length: length / 8 }, rawOf(key), ...parts), "OperationError", failed);
    },
  };
}

function hkdf(algorithm) {
  return [{ op: "hkdf" }, parameter(algorithm, "salt", "deriveBits"), parameter(algorithm, "info", "deriveBits")];
}

function pbkdf2(algorithm) {
  const iterations = required(algorithm, "iterations", "deriveBits");
  if (iterations === 0) throw exception("OperationError", "iterations cannot be zero");
  return [{ op: "pbkdf2", iterations }, parameter(algorithm, "salt", "deriveBits")];
}

export const secretAlgorithms = {
  "AES-GCM": aes("AES-GCM", "GCM", all, cryption("gcm", gcm)),
  "AES-CBC": aes("AES-CBC", "CBC", all, cryption("cbc", cbc)),
  "AES-CTR": aes("AES-CTR", "CTR", all, cryption("ctr", ctr)),
  "AES-KW": aes("AES-KW", "KW", ["wrapKey", "unwrapKey"], wrapping()),
  HMAC: hmac,
  HKDF: derivation("HKDF", hkdf),
  PBKDF2: derivation("PBKDF2", pbkdf2),
};
