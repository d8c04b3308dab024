// RS256, PS256 and ES256: sign and verify; a key pair on a curve
const { KEYUTIL, KJUR } = require("jsrsasign");
const { key: pem, hex } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  const { JWS } = KJUR.jws;
  const claims = JSON.stringify({ sub: "a" });
  const key = KEYUTIL.getKey(pem);
  const publicKey = KEYUTIL.getKey({ n: key.n.toString(16), e: key.e.toString(16) });
  const token = JWS.sign("RS256", JSON.stringify({ alg: "RS256" }), claims, key);
  console.log(token, JWS.verify(token, publicKey, ["RS256"]), JWS.verify(token.slice(0, -4) + "AAAA", publicKey, ["RS256"]));
  console.log(JWS.verify(JWS.sign("PS256", JSON.stringify({ alg: "PS256" }), claims, key), publicKey, ["PS256"]));
  for (const curve of ["secp256r1", "secp384r1"]) {
    const ec = new KJUR.crypto.ECDSA({ curve });
    const secret = hex(250);
    ec.setPrivateKeyHex(secret);
    const pub = ec.generatePublicKeyHex();
    const signature = ec.signHex("ab".repeat(32), secret);
    console.log(curve, pub, ec.verifyHex("ab".repeat(32), signature, pub), ec.verifyHex("ac".repeat(32), signature, pub));
  }
  const { prvKeyObj, pubKeyObj } = KEYUTIL.generateKeypair("EC", "secp256r1");
  console.log(JWS.verify(JWS.sign("ES256", JSON.stringify({ alg: "ES256" }), claims, prvKeyObj), pubKeyObj, ["ES256"]));
};
