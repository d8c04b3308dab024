// KeyObject, and the ways to one. A private key is stored as PKCS 8 and a public
// one as SPKI, as the host takes them.
import { Buffer } from "../node/buffer.js";
import { checkObject, invalidArgument, nodeError } from "../node/errors.js";
import { anyBytes, anyKey, bytes, copied, needBytes } from "./bytes.js";
import { bytesOf, call } from "./call.js";
import { CryptoKey, keyOf } from "./cryptokey.js";

const states = new WeakMap(); // KeyObject → {type, bytes, info}
const secret = Symbol("made by this module");

const stateOf = (key) => states.get(key);

export class KeyObject {
  constructor(token, state) {
    if (token !== secret) throw invalidArgument("type", "one of 'secret', 'public' or 'private'", token);
    states.set(this, state);
  }

  static from(key) {
    if (!(key instanceof CryptoKey)) throw invalidArgument("key", "an instance of CryptoKey", key);
    return keyOf(key);
  }

  get type() {
    return stateOf(this).type;
  }

  equals(other) {
    if (!(other instanceof KeyObject)) throw invalidArgument("otherKeyObject", "an instance of KeyObject", other);
    return other.type === this.type && Buffer.compare(stateOf(this).bytes, stateOf(other).bytes) === 0;
  }
}

Object.defineProperty(KeyObject.prototype, Symbol.toStringTag, { value: "KeyObject", configurable: true });

class SecretKeyObject extends KeyObject {
  get symmetricKeySize() {
    return stateOf(this).bytes.length;
  }

  export(options) {
    const all = Buffer.from(stateOf(this).bytes);
    return options?.format === "jwk" ? { kty: "oct", k: all.toString("base64url") } : all;
  }
}

class AsymmetricKeyObject extends KeyObject {
  get asymmetricKeyType() {
    return stateOf(this).info.type;
  }

  get asymmetricKeyDetails() {
    const { type, bits, exponent, curve } = stateOf(this).info;
    if (type === "rsa") return { modulusLength: bits, publicExponent: BigInt(exponent) };
    return type === "ec" ? { namedCurve: curve } : {};
  }

  export(options) {
    checkObject(options, "options");
    return exported(stateOf(this), options);
  }
}

class PublicKeyObject extends AsymmetricKeyObject {}
class PrivateKeyObject extends AsymmetricKeyObject {}

const kinds = { secret: SecretKeyObject, public: PublicKeyObject, private: PrivateKeyObject };

// makeKey returns the KeyObject of bytes that it then owns. Info is the host's
// description of an asymmetric key: {type, bits, exponent, curve}.
export function makeKey(type, bytes, info = {}) {
  return new kinds[type](secret, { type, bytes, info });
}

// material returns a key's bytes, and infoOf its description. The caller must not
// change them.
export const material = (key) => stateOf(key).bytes;
export const infoOf = (key) => stateOf(key).info;

function exported({ type, bytes, info }, options) {
  const { format, type: encoding, cipher, passphrase } = options;
  if (format === "jwk") {
    if (passphrase !== undefined || cipher !== undefined) throw incompatible("The selected key encoding jwk does not support encryption.");
    return ordered(call({ op: "export", format }, bytes).info.jwk);
  }
  if (format !== "pem" && format !== "der") throw invalidOption("format", format);
  if (encoding === "pkcs1" && info.type !== "rsa") throw incompatible("The selected key encoding pkcs1 can only be used for RSA keys.");
  if (encoding === "sec1" && info.type !== "ec") throw incompatible("The selected key encoding sec1 can only be used for EC keys.");
  if (!(type === "public" ? ["pkcs1", "spki"] : ["pkcs1", "pkcs8", "sec1"]).includes(encoding)) throw invalidOption("type", encoding);
  const head = { op: "export", format, type: encoding, cipher };
  const answer = cipher === undefined ? bytesOf(head, bytes) : bytesOf(head, bytes, needBytes(passphrase, "options.passphrase"));
  return format === "pem" ? answer.toString("latin1") : Buffer.from(answer);
}

// ordered returns a JWK with its members in Node's order.
function ordered(jwk) {
  const names = jwk.kty === "OKP" ? "crv d x kty" : "kty n e x y crv d p q dp dq qi";
  return Object.fromEntries(names.split(" ").filter((name) => name in jwk).map((name) => [name, jwk[name]]));
}

function invalidOption(name, value) {
  return nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.${name}' is invalid. Received ${typeof value === "string" ? `'${value}'` : value}`);
}

function incompatible(message) {
  return nodeError(Error, "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS", message);
}

export function createSecretKey(key, encoding) {
  return makeKey("secret", copied(needBytes(key, "key", "an instance of ArrayBuffer, Buffer, TypedArray, or DataView", encoding)));
}

export function createPrivateKey(key) {
  if (key instanceof KeyObject) throw invalidArgument("key", anyBytes, key);
  return privateKey(key);
}

export function createPublicKey(key) {
  if (key instanceof PublicKeyObject) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", "Invalid key object type public, expected private.");
  return publicKey(key);
}

// privateKey returns the private key that is given in any of the ways that
// Node takes: PEM, a KeyObject, a CryptoKey, or options with one of them.
export function privateKey(input) {
  return found(input, "private");
}

// publicKey returns the public key that is given, or that belongs to the
// private key or certificate that is.
export function publicKey(input) {
  const key = found(input, "public");
  if (key.type !== "private") return key;
  return imported({ op: "import", kind: "public", format: "der", type: "pkcs8" }, material(key));
}

// secretBytes returns a secret key's bytes.
export function secretBytes(key) {
  const object = key instanceof CryptoKey ? keyOf(key) : key;
  if (object.type !== "secret") throw wrongType(object, "secret");
  return material(object);
}

function found(input, kind) {
  const given = unwrapped(input);
  if (given instanceof KeyObject) {
    if (given.type === kind || (kind === "public" && given.type === "private")) return given;
    throw wrongType(given, kind === "public" ? "private or public" : kind);
  }
  if (isOptions(input)) return fromOptions(input, kind);
  return fromText(input, kind, {}, "key");
}

// unwrapped returns the KeyObject in what was given, if there is one.
function unwrapped(input) {
  const given = isOptions(input) && "key" in input ? input.key : input;
  return given instanceof CryptoKey ? keyOf(given) : given;
}

function isOptions(input) {
  return typeof input === "object" && input !== null && !ArrayBuffer.isView(input) && !(input instanceof ArrayBuffer) && !(input instanceof KeyObject) && !(input instanceof CryptoKey);
}

function wrongType(key, expected) {
  return nodeError(TypeError, "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${key.type}, expected ${expected}.`);
}

function fromOptions(options, kind) {
  const { key, format = "pem", type, passphrase, encoding } = options;
  if (format === "jwk") {
    checkObject(key, "key.key");
    return imported({ op: "import", kind, format, jwk: checkedJWK(key) });
  }
  if (format === "pem") return fromText(key, kind, { encoding, passphrase }, "key.key");
  if (format !== "der") throw invalidOption("format", format);
  const parts = [needBytes(key, "key.key", anyKey, encoding), ...(passphrase === undefined ? [] : [needBytes(passphrase, "options.passphrase")])];
  return imported({ op: "import", kind, format, type }, ...parts);
}

function fromText(key, kind, { encoding, passphrase }, name) {
  const parts = [bytes(key, encoding) ?? needBytes(key, name, anyKey)];
  if (passphrase !== undefined) parts.push(needBytes(passphrase, "options.passphrase", undefined, encoding));
  return imported({ op: "import", kind, format: "pem" }, ...parts);
}

const wanted = { RSA: ["n", "e"], EC: ["crv", "x", "y"], OKP: ["crv", "x"] };

function checkedJWK(jwk) {
  for (const name of wanted[jwk.kty] ?? ["kty"]) {
    if (typeof jwk[name] !== "string") throw invalidArgument(`key.${name}`, "of type string", jwk[name]);
  }
  const known = "kty crv n e x y d p q dp dq qi".split(" ").filter((name) => name in jwk);
  return Object.fromEntries(known.map((name) => [name, jwk[name]]));
}

// imported returns the key that the host finds.
export function imported(head, ...parts) {
  const answer = call(head, ...(parts.length ? parts : [Buffer.alloc(0)]));
  return makeKey(answer.info.kind, copied(answer.parts[0]), answer.info);
}
