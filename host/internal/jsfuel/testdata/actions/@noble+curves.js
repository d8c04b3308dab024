// sign and verify on secp256k1, p256 and ed25519
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytes, toHex } from "../lib/inputs.js";

export const onExecutePostUserRegistration = async () => {
  for (const curve of [secp256k1, p256, ed25519]) {
    const [key, message] = [bytes(32), bytes(32)];
    const signature = curve.sign(message, key);
    console.log(toHex(signature), curve.verify(signature, message, curve.getPublicKey(key)));
  }
};
