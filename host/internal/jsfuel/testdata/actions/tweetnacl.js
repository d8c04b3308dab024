// sign, verify, box and its keys, hash
const nacl = require("tweetnacl");
const { bytes, toHex } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  for (const length of [0, 5, 300]) {
    const message = bytes(length);
    const key = nacl.sign.keyPair.fromSeed(bytes(32));
    const signature = nacl.sign.detached(message, key.secretKey);
    console.log(toHex(key.publicKey), toHex(signature), nacl.sign.detached.verify(message, signature, key.publicKey));
    signature[3] ^= 1;
    console.log(nacl.sign.detached.verify(message, signature, key.publicKey), nacl.sign.open(nacl.sign(message, key.secretKey), key.publicKey)?.length);
    const [one, two] = [bytes(32), bytes(32)].map((seed) => nacl.box.keyPair.fromSecretKey(seed));
    console.log(toHex(one.publicKey), toHex(nacl.box.before(one.publicKey, two.secretKey)), toHex(nacl.box(message, bytes(24), one.publicKey, two.secretKey)));
    console.log(toHex(nacl.hash(message)), toHex(nacl.scalarMult(bytes(32), new Uint8Array(32))));
  }
};
