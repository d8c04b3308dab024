// sha256, sha512, hmac, pbkdf2 and scrypt of bytes and strings
import { hmac } from "@noble/hashes/hmac.js";
import { pbkdf2, pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { scrypt, scryptAsync } from "@noble/hashes/scrypt.js";
import { sha224, sha256, sha384, sha512, sha512_256 } from "@noble/hashes/sha2.js";
import { bytes, toHex } from "../lib/inputs.js";

export const onExecutePostUserRegistration = async () => {
  for (const hash of [sha224, sha256, sha384, sha512, sha512_256]) {
    for (const length of [0, 100, 127, 128, 5000]) {
      const message = bytes(length);
      console.log(toHex(hash(message)), length > 200 || toHex(hash.create().update(message).digest()), toHex(hmac(hash, bytes(20), message)));
    }
    console.log(hash.outputLen, hash.blockLen, typeof hash.create, toHex(pbkdf2(hash, "pässword", bytes(8), { c: 1000, dkLen: 40 })));
  }
  console.log(toHex(sha256(bytes(1 << 19))), toHex(await pbkdf2Async(sha512, bytes(9), "salt", { c: 50000, dkLen: 32 })));
  let done;
  console.log(toHex(scrypt("p", "s", { N: 16384, r: 8, p: 1 })), toHex(await scryptAsync("p", bytes(8), { N: 1024, r: 8, p: 2, dkLen: 64, onProgress: (x) => (done = x) })), done);
  for (const wrong of [() => pbkdf2(sha256, "p", "s", { c: 0 }), () => scrypt("p", "s", { N: 3, r: 8, p: 1 }), () => pbkdf2(sha256, 5, "s", { c: 1 })]) {
    try {
      wrong();
    } catch (error) {
      console.log(error.message);
    }
  }
};
