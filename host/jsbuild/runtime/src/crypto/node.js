// node:crypto.
import { callable } from "../node/callable.js";
import { refused } from "../node/unsupported.js";
import { X509Certificate } from "./certificate.js";
import { Cipheriv, createCipheriv, createDecipheriv, Decipheriv, getCipherInfo } from "./cipher.js";
import { constants } from "./constants.js";
import * as derive from "./derive.js";
import { createECDH, diffieHellman, ECDH } from "./exchange.js";
import * as generate from "./generate.js";
import { createHash, createHmac, Hash, hash, Hmac } from "./hash.js";
import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from "./key.js";
import { getCiphers, getCurves, getHashes } from "./names.js";
import * as random from "./random.js";
import * as rsa from "./rsa.js";
import { createSign, createVerify, Sign, signOnce, Verify, verifyOnce } from "./sign.js";
import "./webcrypto.js";
import { webcrypto } from "./webrandom.js";

const instead = "use ECDH or X25519 (crypto.createECDH, crypto.diffieHellman)";
const password = "derive a key with crypto.scryptSync, then use crypto.createCipheriv";
const refusals = {
  createDiffieHellman: instead, createDiffieHellmanGroup: instead, getDiffieHellman: instead, DiffieHellman: instead, DiffieHellmanGroup: instead,
  createCipher: password, createDecipher: password, Cipher: password, Decipher: password,
  generatePrime: "use crypto.randomBytes", generatePrimeSync: "use crypto.randomBytes", checkPrime: "use a package such as bigint-crypto-utils", checkPrimeSync: "use a package such as bigint-crypto-utils",
  setEngine: "the host chooses its own", Certificate: "SPKAC is not supported",
};

export const nodeCrypto = {
  ...Object.fromEntries(Object.entries(refusals).map(([name, why]) => [name, refused(`crypto.${name}`, why)])),
  ...derive, ...random, ...rsa,
  generateKey: generate.generateKey,
  generateKeySync: generate.generateKeySync,
  generateKeyPair: generate.generateKeyPair,
  generateKeyPairSync: generate.generateKeyPairSync,
  createHash, createHmac, Hash, Hmac, hash,
  createCipheriv, createDecipheriv, Cipheriv, Decipheriv, getCipherInfo,
  createPrivateKey, createPublicKey, createSecretKey, KeyObject,
  createSign, createVerify, Sign, Verify, sign: signOnce, verify: verifyOnce,
  createECDH, diffieHellman, ECDH, X509Certificate,
  getCiphers, getCurves, getHashes, constants,
  getFips: () => 0,
  setFips: refused("crypto.setFips", "the host chooses its own"),
  secureHeapUsed: () => undefined,
  prng: random.randomBytes,
  rng: random.randomBytes,
  pseudoRandomBytes: random.randomBytes,
  webcrypto,
  subtle: webcrypto.subtle,
};
for (const name of ["Hash", "Hmac", "Cipheriv", "Decipheriv", "Sign", "Verify", "ECDH"]) nodeCrypto[name] = callable(nodeCrypto[name]);
for (const name of ["prng", "rng", "pseudoRandomBytes"]) Object.defineProperty(nodeCrypto, name, { enumerable: false });
