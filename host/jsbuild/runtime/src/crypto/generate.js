// New keys.
import { checkObject, checkString, invalidArgument, nodeError } from "../node/errors.js";
import { native } from "../native.js";
import { copied } from "./bytes.js";
import { call } from "./call.js";
import { makeKey } from "./key.js";
import { later, promised } from "./later.js";

const types = ["rsa", "ec", "ed25519", "x25519"];

// newPair returns {publicKey, privateKey} as KeyObjects.
export function newPair(head) {
  const { info, parts } = call({ op: "generate", ...head });
  const [privateKey, publicKey] = [["private", parts[0]], ["public", parts[1]]].map(([type, bytes]) => makeKey(type, copied(bytes), { ...info, kind: type }));
  return { publicKey, privateKey };
}

function headOf(type, options = {}) {
  checkString(type, "type");
  if (!types.includes(type)) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'type' must be a supported key type. Received '${type}'`);
  if (type === "rsa") {
    checkObject(options, "options");
    if (typeof options.modulusLength !== "number") throw invalidArgument("options.modulusLength", "of type number", options.modulusLength);
    return { type, bits: options.modulusLength, exponent: options.publicExponent };
  }
  if (type !== "ec") return { type };
  checkString(options.namedCurve, "options.namedCurve");
  return { type, curve: options.namedCurve };
}

function encoded(pair, { publicKeyEncoding, privateKeyEncoding } = {}) {
  return {
    publicKey: publicKeyEncoding ? pair.publicKey.export(publicKeyEncoding) : pair.publicKey,
    privateKey: privateKeyEncoding ? pair.privateKey.export(privateKeyEncoding) : pair.privateKey,
  };
}

export function generateKeyPairSync(type, options) {
  return encoded(newPair(headOf(type, options)), options);
}

export function generateKeyPair(type, options, callback) {
  if (typeof options === "function") [options, callback] = [undefined, options];
  const head = headOf(type, options);
  later(callback, () => {
    const { publicKey, privateKey } = encoded(newPair(head), options);
    return [publicKey, privateKey];
  });
}

promised(generateKeyPair, (publicKey, privateKey) => ({ publicKey, privateKey }));

export function generateKeySync(type, { length } = {}) {
  if (type === "aes") {
    if (![128, 192, 256].includes(length)) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.length' must be one of: 128, 192, 256. Received ${length}`);
  } else if (type !== "hmac") {
    throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'type' must be a supported key type. Received '${type}'`);
  } else if (!(Number.isInteger(length) && length >= 8 && length <= 2 ** 31 - 1)) {
    throw nodeError(RangeError, "ERR_OUT_OF_RANGE", `The value of "options.length" is out of range. It must be >= 8 && <= 2147483647. Received ${length}`);
  }
  return makeKey("secret", native.random(Math.floor(length / 8)));
}

export function generateKey(type, options, callback) {
  later(callback, () => [generateKeySync(type, options)]);
}
