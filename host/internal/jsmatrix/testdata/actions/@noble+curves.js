// secp256k1 and ed25519 with fixed keys
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ed25519 } from "@noble/curves/ed25519.js";

const key = new Uint8Array(32).fill(7);
const message = Buffer.from("hello");
const signature = secp256k1.sign(message, key);
console.log(Buffer.from(signature).toString("hex"), secp256k1.verify(signature, message, secp256k1.getPublicKey(key)));
console.log(Buffer.from(ed25519.sign(message, key)).toString("hex"));
