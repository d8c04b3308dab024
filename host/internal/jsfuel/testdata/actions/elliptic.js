// sign and verify on secp256k1, p256 and ed25519; sums of points; keys agreed on
const elliptic = require("elliptic");
const { hex } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  for (const name of ["secp256k1", "p256"]) {
    const ec = new elliptic.ec(name);
    const key = ec.keyFromPrivate(hex(250), "hex");
    const other = ec.keyFromPrivate(hex(250), "hex");
    const message = hex(256);
    const signature = key.sign(message, { canonical: true });
    console.log(name, key.getPublic("hex"), signature.toDER("hex"), key.verify(message, signature), other.verify(message, signature));
    console.log(key.derive(other.getPublic()).toString(16), ec.recoverPubKey(Buffer.from(message, "hex"), signature, signature.recoveryParam).eq(key.getPublic()));
    const { g } = ec;
    const two = ec.n.clone().sub(ec.n.subn(2));
    console.log(g.mul(ec.n).isInfinity(), g.mul(0).isInfinity(), g.mul(1).eq(g), g.mulAdd(two, g.neg(), two).isInfinity(), g.mulAdd(two, g, ec.n.subn(1)).eq(g));
    console.log(ec.curve.point(null, null).mul(5).isInfinity());
  }
  const ed = new elliptic.eddsa("ed25519");
  const ec8 = new elliptic.ec("p256").n.clone().sub(new elliptic.ec("p256").n.subn(8));
  const key = ed.keyFromSecret(hex(256));
  const signature = key.sign("abcdef").toHex();
  console.log(signature, key.verify("abcdef", signature), key.verify("abcdee", signature), ed.g.mul(ec8).getX().toString(16));
  const x = new elliptic.ec("curve25519");
  console.log(x.keyFromPrivate(hex(250), "hex").derive(x.keyFromPrivate(hex(250), "hex").getPublic()).toString(16).length > 60);
};
