// RSA as a cipher.
import { invalidArgument } from "../node/errors.js";
import { needBytes } from "./bytes.js";
import { bytesOf } from "./call.js";
import { constants } from "./constants.js";
import { invalidDigest } from "./hash.js";
import { material, privateKey, publicKey } from "./key.js";
import { canonicalHash } from "./names.js";

const paddings = {
  [constants.RSA_PKCS1_PADDING]: "pkcs1",
  [constants.RSA_NO_PADDING]: "none",
  [constants.RSA_PKCS1_OAEP_PADDING]: "oaep",
};

// operation makes one of Node's four functions.
function operation(op, kind, find, usual) {
  return (options, buffer) => {
    const key = find(options);
    const padding = options.padding ?? usual;
    const data = needBytes(buffer, "buffer", undefined, options.encoding);
    const label = options.oaepLabel === undefined ? [] : [needBytes(options.oaepLabel, "key.oaepLabel")];
    const head = { op, kind, padding: paddings[padding] ?? String(padding), hash: hashOf(options) };
    return bytesOf(head, material(key), data, ...label);
  };
}

function hashOf({ oaepHash }) {
  if (oaepHash === undefined) return undefined;
  if (typeof oaepHash !== "string") throw invalidArgument("key.oaepHash", "of type string", oaepHash);
  return canonicalHash(oaepHash) ?? invalidDigest(oaepHash);
}

const { RSA_PKCS1_OAEP_PADDING: oaep, RSA_PKCS1_PADDING: pkcs1 } = constants;

export const publicEncrypt = operation("rsa_encrypt", undefined, publicKey, oaep);
export const publicDecrypt = operation("rsa_decrypt", "public", publicKey, pkcs1);
export const privateEncrypt = operation("rsa_encrypt", "private", privateKey, pkcs1);
export const privateDecrypt = operation("rsa_decrypt", undefined, privateKey, oaep);
