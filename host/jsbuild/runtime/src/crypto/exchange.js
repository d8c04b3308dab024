// Secrets that two parties agree upon.
import { Buffer } from "../node/buffer.js";
import { checkObject, checkString, nodeError } from "../node/errors.js";
import { needBytes, out } from "./bytes.js";
import { bytesOf } from "./call.js";
import { newPair } from "./generate.js";
import { imported, infoOf, material, privateKey, publicKey } from "./key.js";
import { getCurves } from "./names.js";

export function diffieHellman(options) {
  checkObject(options, "options");
  const [mine, theirs] = [privateKey(options.privateKey), publicKey(options.publicKey)];
  if (infoOf(mine).type !== infoOf(theirs).type) {
    throw nodeError(Error, "ERR_CRYPTO_INCOMPATIBLE_KEY", `Incompatible key types for Diffie-Hellman: ${infoOf(mine).type} and ${infoOf(theirs).type}`);
  }
  return bytesOf({ op: "agree" }, material(mine), material(theirs));
}

// compressed returns a point in another of its three forms.
function shaped(point, form = "uncompressed") {
  if (form === "uncompressed") return point;
  const half = (point.length - 1) / 2;
  const odd = point.at(-1) & 1;
  if (form === "compressed") return Buffer.concat([Buffer.of(2 + odd), point.subarray(1, 1 + half)]);
  if (form === "hybrid") return Buffer.concat([Buffer.of(6 + odd), point.subarray(1)]);
  throw nodeError(TypeError, "ERR_CRYPTO_ECDH_INVALID_FORMAT", `Invalid ECDH format: ${form}`);
}

export class ECDH {
  #curve;
  #private;
  #public;

  constructor(curve) {
    checkString(curve, "curve");
    if (!getCurves().includes(curve)) throw nodeError(TypeError, "ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name");
    this.#curve = curve;
  }

  static convertKey(key, curve, inputEncoding, outputEncoding, format) {
    return out(shaped(pointOf(importPoint(curve, needBytes(key, "key", undefined, inputEncoding))), format), outputEncoding);
  }

  generateKeys(encoding, format) {
    const { publicKey: pub, privateKey: priv } = newPair({ type: "ec", curve: this.#curve });
    [this.#public, this.#private] = [pub, priv];
    return this.getPublicKey(encoding, format);
  }

  setPrivateKey(key, encoding) {
    const raw = needBytes(key, "key", undefined, encoding);
    this.#private = imported({ op: "import", kind: "private", format: "raw", curve: this.#curve }, raw);
    this.#public = publicKey(this.#private);
    return this;
  }

  setPublicKey(key, encoding) {
    this.#public = importPoint(this.#curve, needBytes(key, "key", undefined, encoding));
    return this;
  }

  getPrivateKey(encoding) {
    if (!this.#private) throw failed("Failed to get ECDH private key");
    return out(bytesOf({ op: "export", format: "raw" }, material(this.#private)), encoding);
  }

  getPublicKey(encoding, format) {
    if (!this.#public) throw failed("Failed to get ECDH public key");
    return out(shaped(pointOf(this.#public), format), encoding);
  }

  computeSecret(other, inputEncoding, outputEncoding) {
    if (!this.#private) throw failed("Failed to get ECDH private key");
    const theirs = importPoint(this.#curve, needBytes(other, "otherPublicKey", undefined, inputEncoding));
    return out(bytesOf({ op: "agree" }, material(this.#private), material(theirs)), outputEncoding);
  }
}

function importPoint(curve, point) {
  return imported({ op: "import", kind: "public", format: "raw", curve }, point);
}

function pointOf(key) {
  return bytesOf({ op: "export", format: "raw" }, material(key));
}

function failed(message) {
  return nodeError(Error, "ERR_CRYPTO_OPERATION_FAILED", message);
}

export function createECDH(curve) {
  return new ECDH(curve);
}
