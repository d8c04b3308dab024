// sha256, blake3, hmac, pbkdf2
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { hmac } from "@noble/hashes/hmac.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

const text = utf8ToBytes("hello");
console.log(bytesToHex(sha256(text)), bytesToHex(blake3(text)), bytesToHex(hmac(sha512, text, text)).slice(0, 20), bytesToHex(pbkdf2(sha256, text, text, { c: 10, dkLen: 16 })));
