// What packages compute in JavaScript, done by the host: the module "usher:compute",
// which the bundler leads a few packages to. Each function returns undefined when it
// leaves the work to the package: while an action is built, when the host refuses, or
// when the run has made many such calls, which count toward its limit.
import { native } from "../native.js";
import { bytesOf } from "./call.js";

const maxCalls = 2000;
let calls = 0;

function ask(head, ...parts) {
  if (native.building || calls >= maxCalls) return undefined;
  calls++;
  try {
    const { buffer, byteOffset, byteLength } = bytesOf(head, ...parts);
    return new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength));
  } catch {
    return undefined;
  }
}

const { utf8_encode: encode, utf8_decode: decode } = native;

export const compute = {
  // power takes and returns whole numbers as hexadecimal digits.
  power(base, exponent, modulus) {
    const digits = ask({ op: "power" }, encode(base), encode(exponent), encode(modulus));
    return digits && decode(digits);
  },
  digest: (hash, data) => ask({ op: "digest", hash }, data),
  hmac: (hash, key, data) => ask({ op: "hmac", hash }, key, data),
  pbkdf2: (hash, password, salt, iterations, length) => ask({ op: "pbkdf2", hash, iterations, length }, password, salt),
  scrypt: (password, salt, n, r, p, length) => ask({ op: "scrypt", n, r, p, length }, password, salt),
  bcrypt: (password, salt, cost) => ask({ op: "bcrypt", n: cost }, password, salt),
};
