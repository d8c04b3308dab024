// Algorithms with a private and a public key: RSA, ECDSA, ECDH, Ed25519,
// X25519.
import { Buffer } from "../node/buffer.js";
import { allowed, attempt, checkAlg, checkJWK, exception, hashName, hostHash, required, source } from "./algorithm.js";
import { tight } from "./bytes.js";
import { bytesOf, call } from "./call.js";
import { keyOf, makeCryptoKey } from "./cryptokey.js";
import { newPair } from "./generate.js";
import { imported, infoOf, material } from "./key.js";

const derOf = (key) => material(keyOf(key));

// pairOf makes the two CryptoKeys of a new pair; each kind takes the usages
// that it can have.
function pairOf({ publicKey, privateKey }, algorithm, extractable, usages, possible) {
  allowed(usages, [...possible.public, ...possible.private], `a ${algorithm.name} key`);
  const of = (kind) => usages.filter((usage) => possible[kind].includes(usage));
  if (of("private").length === 0) throw exception("SyntaxError", "Usages cannot be empty when creating a key.");
  return {
    __proto__: null,
    publicKey: makeCryptoKey(publicKey, algorithm, true, of("public")),
    privateKey: makeCryptoKey(privateKey, algorithm, extractable, of("private")),
  };
}

// readKey imports what all pairs have in common, and returns a KeyObject.
function readKey(format, data, { name, kty, type, crv, alg, use, possible }, extractable, usages) {
  const isPrivate = format === "pkcs8" || (format === "jwk" && data?.d !== undefined);
  if (format === "jwk") checkJWK(data, kty, extractable, usages, use);
  allowed(usages, possible[isPrivate ? "private" : "public"], `a ${name} key`);
  if (isPrivate && usages.length === 0) throw exception("SyntaxError", "Usages cannot be empty when importing a private key.");
  if (format === "jwk" && crv !== undefined && data.crv !== crv) throw exception("DataError", 'JWK "crv" does not match the requested algorithm');
  if (format === "jwk") checkAlg(data, alg);
  const key = attempt(() => parse(format, data, crv, isPrivate ? "private" : "public"), "DataError", "Invalid keyData");
  if (infoOf(key).type !== type) throw exception("DataError", "Invalid key type");
  return key;
}

function parse(format, data, curve, kind) {
  if (format === "jwk") {
    const known = "kty crv n e x y d p q dp dq qi".split(" ").filter((name) => name in data);
    return imported({ op: "import", kind, format, jwk: Object.fromEntries(known.map((name) => [name, data[name]])) });
  }
  const all = source(data, "importKey", "2nd argument");
  if (format === "raw" || format === "raw-public") return imported({ op: "import", kind, format: "raw", curve }, all);
  if (format === "spki" || format === "pkcs8") return imported({ op: "import", kind, format: "der", type: format }, all);
  throw exception("NotSupportedError", `Unable to import a key with format ${format}`);
}

function writeKey(format, key, { alg, raw }) {
  if ((format === "spki" && key.type === "public") || (format === "pkcs8" && key.type === "private")) return tight(derOf(key));
  if ((format === "raw" || format === "raw-public") && key.type === "public" && raw) return tight(bytesOf({ op: "export", format: "raw" }, derOf(key)));
  if (format !== "jwk") throw exception("InvalidAccessError", `Unable to export a ${format} ${key.algorithm.name} ${key.type} key`);
  const jwk = { key_ops: [...key.usages], ext: key.extractable, ...keyOf(key).export({ format: "jwk" }) };
  return alg === undefined ? jwk : { ...jwk, alg };
}

const signing = { public: ["verify"], private: ["sign"] };

// verdict is an operation whose answer is a byte of yes or no.
function verdict(head, ...parts) {
  return attempt(() => bytesOf(head, ...parts), "OperationError")[0] === 1;
}

const signed = (head, ...parts) => attempt(() => bytesOf(head, ...parts), "OperationError");

function rsa(name, algPrefix, use, possible, operations) {
  const algOf = (hash) => (name === "RSA-OAEP" ? (hash === "SHA-1" ? "RSA-OAEP" : `RSA-OAEP-${hash.slice(4)}`) : `${algPrefix}${hash.slice(4)}`);
  const described = (key, hash) => {
    const { bits, exponent } = infoOf(key);
    return { name, modulusLength: bits, publicExponent: exponentBytes(exponent), hash: { name: hash } };
  };
  return {
    generate(algorithm, extractable, usages) {
      const hash = hashName(required(algorithm, "hash", "generateKey"));
      const bits = required(algorithm, "modulusLength", "generateKey");
      const exponent = [...required(algorithm, "publicExponent", "generateKey")].reduce((n, byte) => n * 256 + byte, 0);
      allowed(usages, [...possible.public, ...possible.private], `a ${name} key`);
      const pair = attempt(() => newPair({ type: "rsa", bits, exponent }), "OperationError");
      return pairOf(pair, described(pair.publicKey, hash), extractable, usages, possible);
    },
    import(format, data, algorithm, extractable, usages) {
      const hash = hashName(required(algorithm, "hash", "importKey"));
      const key = readKey(format, data, { name, kty: "RSA", type: "rsa", alg: algOf(hash), use, possible }, extractable, usages);
      return makeCryptoKey(key, described(key, hash), extractable, usages);
    },
    export: (format, key) => writeKey(format, key, { alg: algOf(key.algorithm.hash.name) }),
    ...operations,
  };
}

function exponentBytes(n) {
  const bytes = [];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return new Uint8Array(bytes);
}

// rsaSigning signs with a padding; saltOf takes the salt's length from the
// algorithm.
function rsaSigning(padding, saltOf = () => undefined) {
  const head = (op, algorithm, key) => ({ op, hash: hostHash(key.algorithm.hash.name), padding, salt_length: saltOf(algorithm) });
  return {
    sign: (algorithm, key, data) => signed(head("sign", algorithm, key), derOf(key), data),
    verify: (algorithm, key, signature, data) => verdict(head("verify", algorithm, key), derOf(key), data, signature),
  };
}

function oaep(op) {
  return (algorithm, key, data) => {
    const label = algorithm.label === undefined ? Buffer.alloc(0) : source(algorithm.label, op, "algorithm.label");
    return attempt(() => bytesOf({ op: `rsa_${op}`, padding: "oaep", hash: hostHash(key.algorithm.hash.name) }, derOf(key), data, label), "OperationError", "The operation failed for an operation-specific reason");
  };
}

const curves = { "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1" };

function curveOf(algorithm, where) {
  const curve = required(algorithm, "namedCurve", where);
  if (!(curve in curves)) throw exception("NotSupportedError", "Unrecognized namedCurve");
  return curve;
}

function ec(name, use, possible, operations) {
  return {
    generate(algorithm, extractable, usages) {
      const namedCurve = curveOf(algorithm, "generateKey");
      return pairOf(newPair({ type: "ec", curve: namedCurve }), { name, namedCurve }, extractable, usages, possible);
    },
    import(format, data, algorithm, extractable, usages) {
      const namedCurve = curveOf(algorithm, "importKey");
      const key = readKey(format, data, { name, kty: "EC", type: "ec", crv: namedCurve, use, possible }, extractable, usages);
      if (infoOf(key).curve !== curves[namedCurve]) throw exception("DataError", "Named curve mismatch");
      return makeCryptoKey(key, { name, namedCurve }, extractable, usages);
    },
    export: (format, key) => writeKey(format, key, { raw: true }),
    ...operations,
  };
}

const ecdsaHead = (op, algorithm) => ({ op, hash: hostHash(hashName(required(algorithm, "hash", op))), encoding: "ieee-p1363" });

const ecdsa = {
  sign: (algorithm, key, data) => signed(ecdsaHead("sign", algorithm), derOf(key), data),
  verify: (algorithm, key, signature, data) => verdict(ecdsaHead("verify", algorithm), derOf(key), data, signature),
};

function okp(name, use, possible, operations) {
  const type = name.toLowerCase();
  return {
    generate: (algorithm, extractable, usages) => pairOf(newPair({ type }), { name }, extractable, usages, possible),
    import(format, data, algorithm, extractable, usages) {
      const key = readKey(format, data, { name, kty: "OKP", type, crv: name, use, possible }, extractable, usages);
      return makeCryptoKey(key, { name }, extractable, usages);
    },
    export: (format, key) => writeKey(format, key, { raw: true, alg: name === "Ed25519" ? name : undefined }),
    ...operations,
  };
}

const eddsa = {
  sign: (algorithm, key, data) => signed({ op: "sign" }, derOf(key), data),
  verify: (algorithm, key, signature, data) => verdict({ op: "verify" }, derOf(key), data, signature),
};

// agreement derives bits from one's own key and another's.
const agreement = {
  derive(algorithm, key, length) {
    const other = required(algorithm, "public", "deriveBits");
    const same = other.algorithm?.name === key.algorithm.name && other.algorithm.namedCurve === key.algorithm.namedCurve;
    if (other.type !== "public" || !same) throw exception("InvalidAccessError", "algorithm.public must be a public key of the same algorithm");
    const bits = attempt(() => call({ op: "agree" }, derOf(key), derOf(other)).parts[0], "OperationError");
    if (length === null || length === undefined) return bits;
    if (length > bits.length * 8) throw exception("OperationError", "derived bit length is too small");
    return clipped(bits, length);
  },
};

function clipped(bits, length) {
  const cut = Buffer.from(bits.subarray(0, Math.ceil(length / 8)));
  if (length % 8) cut[cut.length - 1] &= 0xff << (8 - (length % 8));
  return cut;
}

const deriving = { public: [], private: ["deriveKey", "deriveBits"] };
const encrypting = { public: ["encrypt", "wrapKey"], private: ["decrypt", "unwrapKey"] };

export const pairAlgorithms = {
  "RSASSA-PKCS1-v1_5": rsa("RSASSA-PKCS1-v1_5", "RS", "sig", signing, rsaSigning("pkcs1")),
  "RSA-PSS": rsa("RSA-PSS", "PS", "sig", signing, rsaSigning("pss", (algorithm) => required(algorithm, "saltLength", "sign"))),
  "RSA-OAEP": rsa("RSA-OAEP", "", "enc", encrypting, { encrypt: oaep("encrypt"), decrypt: oaep("decrypt") }),
  ECDSA: ec("ECDSA", "sig", signing, ecdsa),
  ECDH: ec("ECDH", "enc", deriving, agreement),
  Ed25519: okp("Ed25519", "sig", signing, eddsa),
  X25519: okp("X25519", "enc", deriving, agreement),
};
