// sign, secretbox and box with fixed keys
import nacl from "tweetnacl";

const seed = new Uint8Array(32).fill(7);
const key = nacl.sign.keyPair.fromSeed(seed);
const signature = nacl.sign.detached(Buffer.from("hello"), key.secretKey);
console.log(Buffer.from(signature).toString("hex"), nacl.sign.detached.verify(Buffer.from("hello"), signature, key.publicKey));
console.log(Buffer.from(nacl.secretbox(Buffer.from("hello"), new Uint8Array(24), seed)).toString("hex"));
