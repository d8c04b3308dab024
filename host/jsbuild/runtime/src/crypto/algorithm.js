// What the algorithms of the Web Cryptography API have in common.
import { Buffer } from "../node/buffer.js";
import { hidden, nodeError } from "../node/errors.js";
import { domName } from "./call.js";
import { bytes } from "./bytes.js";

// exception is a DOMException; names are those of the specification.
export function exception(name, message, cause) {
  const error = new DOMException(message, name);
  if (cause !== undefined) hidden(error, "cause", cause);
  return error;
}

const hashes = { "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" };
export const hashBits = { "SHA-1": 160, "SHA-256": 256, "SHA-384": 384, "SHA-512": 512 };

// hashName returns the specification's name of a digest in any case.
export function hashName(value) {
  const given = String(typeof value === "object" && value !== null ? value.name : value).toUpperCase();
  if (!(given in hashes)) throw exception("NotSupportedError", "Unrecognized algorithm name");
  return given;
}

// hostHash returns the host's name of it.
export const hostHash = (name) => hashes[name];

// required returns a member of an algorithm's parameters.
export function required(algorithm, member, where) {
  if (algorithm[member] !== undefined) return algorithm[member];
  throw nodeError(TypeError, "ERR_MISSING_OPTION", `Failed to execute '${where}' on 'SubtleCrypto': ${member} is required in ${algorithm.name} parameters`);
}

// source returns a copy of the bytes of a BufferSource.
export function source(value, where, position) {
  const all = typeof value === "string" ? undefined : bytes(value);
  if (all) return Buffer.from(all);
  throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `Failed to execute '${where}' on 'SubtleCrypto': ${position} is not instance of ArrayBuffer, Buffer, TypedArray, or DataView.`);
}

// parameter is source for a member of an algorithm's parameters.
export function parameter(algorithm, member, where) {
  return source(required(algorithm, member, where), where, member);
}

// attempt runs work. An error of the host becomes the named exception, or the one
// that the host names.
export function attempt(work, name, message) {
  try {
    return work();
  } catch (error) {
    if (!error?.[domName]) throw error;
    throw exception(name ?? error[domName], message ?? error.message, error);
  }
}

// allowed checks usages against those that a kind of key can have.
export function allowed(usages, possible, kind) {
  if (usages.some((usage) => !possible.includes(usage))) throw exception("SyntaxError", `Unsupported key usage for ${kind}`);
  return usages;
}

// checkJWK checks the members of a JWK about its use.
export function checkJWK(jwk, kty, extractable, usages, use) {
  if (typeof jwk !== "object" || jwk === null) throw exception("DataError", "Invalid keyData");
  if (jwk.kty !== kty) throw exception("DataError", 'Invalid JWK "kty" Parameter');
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) throw exception("DataError", 'Invalid JWK "use" Parameter');
  if (jwk.ext === false && extractable) throw exception("DataError", 'JWK "ext" Parameter and extractable mismatch');
  if (jwk.key_ops !== undefined && (!Array.isArray(jwk.key_ops) || usages.some((usage) => !jwk.key_ops.includes(usage)))) {
    throw exception("DataError", "Key operations and usage mismatch");
  }
}

// checkAlg checks a JWK's "alg", if it has one.
export function checkAlg(jwk, alg) {
  if (jwk.alg !== undefined && alg !== undefined && jwk.alg !== alg) throw exception("DataError", 'JWK "alg" does not match the requested algorithm');
}
