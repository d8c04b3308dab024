// The Web Cryptography API: the host does the work at once, the answers come
// as promises.
import { Buffer } from "../node/buffer.js";
import { invalidArgument, nodeError } from "../node/errors.js";
import { exception, hashName, hostHash, source } from "./algorithm.js";
import { tight } from "./bytes.js";
import { CryptoKey } from "./cryptokey.js";
import { digestOf } from "./hash.js";
import { pairAlgorithms } from "./pairalgorithm.js";
import { secretAlgorithms } from "./secretalgorithm.js";
import { name, useSubtle } from "./webrandom.js";

const algorithms = { ...secretAlgorithms, ...pairAlgorithms };
const names = new Map(Object.keys(algorithms).map((name) => [name.toUpperCase(), name]));
const token = Symbol("made by this module");

// normal returns an algorithm's parameters with the specification's spelling
// of its name, and what implements operation.
function normal(given, operation) {
  const algorithm = typeof given === "object" && given !== null ? given : { name: given };
  const name = names.get(String(algorithm.name).toUpperCase());
  if (!name || (operation && !algorithms[name][operation])) throw exception("NotSupportedError", "Unrecognized algorithm name");
  return { algorithm: { ...pick(algorithm), name }, does: algorithms[name] };
}

const members = "length hash iv counter tagLength additionalData label saltLength namedCurve modulusLength publicExponent salt info iterations public".split(" ");

// pick reads members that may be inherited, or getters.
function pick(algorithm) {
  return Object.fromEntries(members.filter((name) => algorithm[name] !== undefined).map((name) => [name, algorithm[name]]));
}

// keyed is normal for what uses a key, which must be made for it.
function keyed(given, key, operation, usage, doing) {
  if (!(key instanceof CryptoKey)) throw invalidArgument("key", "an instance of CryptoKey", key);
  const { algorithm, does } = normal(given, operation);
  if (key.algorithm.name !== algorithm.name) throw exception("InvalidAccessError", "Key algorithm mismatch");
  if (!key.usages.includes(usage)) throw exception("InvalidAccessError", `Unable to use this key to ${doing}`);
  return { algorithm, does };
}

function need(args, count, where) {
  if (args.length < count) {
    throw nodeError(TypeError, "ERR_MISSING_ARGS", `Failed to execute '${where}' on 'SubtleCrypto': ${count} arguments required, but only ${args.length} present.`);
  }
}

const data = (value, where, position) => source(value, where, position);

export class SubtleCrypto {
  constructor(given) {
    if (given !== token) throw nodeError(TypeError, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
  }

  async digest(algorithm, input) {
    need(arguments, 2, "digest");
    const bytes = data(input, "digest", "2nd argument");
    return tight(digestOf(hostHash(hashName(algorithm)), bytes));
  }

  async generateKey(given, extractable, usages) {
    need(arguments, 3, "generateKey");
    const { algorithm, does } = normal(given, "generate");
    return does.generate(algorithm, Boolean(extractable), checked(usages));
  }

  async importKey(format, keyData, given, extractable, usages) {
    need(arguments, 4, "importKey");
    return importKey(format, keyData, given, Boolean(extractable), checked(usages));
  }

  async exportKey(format, key) {
    need(arguments, 2, "exportKey");
    return exportKey(format, key);
  }

  async encrypt(given, key, input) {
    need(arguments, 3, "encrypt");
    const { algorithm, does } = keyed(given, key, "encrypt", "encrypt", "encrypt");
    return tight(does.encrypt(algorithm, key, data(input, "encrypt", "3rd argument")));
  }

  async decrypt(given, key, input) {
    need(arguments, 3, "decrypt");
    const { algorithm, does } = keyed(given, key, "decrypt", "decrypt", "decrypt");
    return tight(does.decrypt(algorithm, key, data(input, "decrypt", "3rd argument")));
  }

  async sign(given, key, input) {
    need(arguments, 3, "sign");
    const { algorithm, does } = keyed(given, key, "sign", "sign", "sign");
    return tight(does.sign(algorithm, key, data(input, "sign", "3rd argument")));
  }

  async verify(given, key, signature, input) {
    need(arguments, 4, "verify");
    const { algorithm, does } = keyed(given, key, "verify", "verify", "verify");
    return does.verify(algorithm, key, data(signature, "verify", "3rd argument"), data(input, "verify", "4th argument"));
  }

  async deriveBits(given, key, length = null) {
    need(arguments, 2, "deriveBits");
    const { algorithm, does } = keyed(given, key, "derive", "deriveBits", "deriveBits");
    return tight(does.derive(algorithm, key, length));
  }

  async deriveKey(given, key, derivedType, extractable, usages) {
    need(arguments, 5, "deriveKey");
    const { algorithm, does } = keyed(given, key, "derive", "deriveKey", "deriveKey");
    const derived = normal(derivedType, "keyLength");
    const bits = does.derive(algorithm, key, derived.does.keyLength(derived.algorithm));
    return importKey("raw", bits, derivedType, Boolean(extractable), checked(usages));
  }

  async wrapKey(format, key, wrapping, given) {
    need(arguments, 4, "wrapKey");
    const { algorithm, does } = keyed(given, wrapping, wrapper(wrapping, "wrap"), "wrapKey", "wrapKey");
    const exported = await exportKey(format, key);
    const bytes = format === "jwk" ? padded(JSON.stringify(exported), does) : Buffer.from(exported);
    return tight((does.wrap ?? does.encrypt).call(does, algorithm, wrapping, bytes));
  }

  async unwrapKey(format, wrapped, unwrapping, given, derivedType, extractable, usages) {
    need(arguments, 7, "unwrapKey");
    const { algorithm, does } = keyed(given, unwrapping, wrapper(unwrapping, "unwrap"), "unwrapKey", "unwrapKey");
    const bytes = (does.unwrap ?? does.decrypt).call(does, algorithm, unwrapping, data(wrapped, "unwrapKey", "2nd argument"));
    return importKey(format, format === "jwk" ? parsed(bytes) : bytes, derivedType, Boolean(extractable), checked(usages));
  }
}

// wrapper names the operation by which a key's algorithm wraps.
function wrapper(key, operation) {
  if (algorithms[key?.algorithm?.name]?.[operation]) return operation;
  return operation === "wrap" ? "encrypt" : "decrypt";
}

// padded fills a JWK with spaces to what AES-KW takes.
function padded(text, does) {
  const bytes = Buffer.from(text, "utf8");
  return does.wrap && bytes.length % 8 ? Buffer.concat([bytes, Buffer.alloc(8 - (bytes.length % 8), " ")]) : bytes;
}

function parsed(bytes) {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw exception("DataError", "Invalid wrapped JWK key");
  }
}

const usageNames = "encrypt decrypt sign verify deriveKey deriveBits wrapKey unwrapKey".split(" ");

function checked(usages) {
  const list = [...(usages ?? [])];
  const wrong = list.find((usage) => !usageNames.includes(usage));
  if (wrong !== undefined) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `'${wrong}' is not a valid enum value of type KeyUsage.`);
  return list;
}

function importKey(format, keyData, given, extractable, usages) {
  if (!["raw", "raw-secret", "raw-public", "pkcs8", "spki", "jwk"].includes(format)) {
    throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `Failed to execute 'importKey' on 'SubtleCrypto': 1st argument value '${format}' is not a valid enum value of type KeyFormat.`);
  }
  const { algorithm, does } = normal(given, "import");
  return does.import(format, keyData, algorithm, extractable, usages);
}

function exportKey(format, key) {
  if (!(key instanceof CryptoKey)) throw invalidArgument("key", "an instance of CryptoKey", key);
  if (!key.extractable) throw exception("InvalidAccessError", "key is not extractable");
  const { export: write } = algorithms[key.algorithm.name];
  if (!write) throw exception("NotSupportedError", `Unable to export a ${key.algorithm.name} key`);
  return write(format, key);
}

name(SubtleCrypto, "SubtleCrypto");
useSubtle(new SubtleCrypto(token));
