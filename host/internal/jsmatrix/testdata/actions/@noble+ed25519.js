// signAsync and verifyAsync with a fixed key
import * as ed from "@noble/ed25519";

const key = new Uint8Array(32).fill(7);
const signature = await ed.signAsync(Buffer.from("hello"), key);
console.log(Buffer.from(signature).toString("hex"), await ed.verifyAsync(signature, Buffer.from("hello"), await ed.getPublicKeyAsync(key)));
