// RSA: sign, verify, encrypt, decrypt; Ed25519; a self-signed certificate; PKCS 12
const forge = require("node-forge");
const { key: pem, bytes, toHex } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  const key = forge.pki.privateKeyFromPem(pem);
  const publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  const digest = forge.md.sha256.create().update("hello", "utf8");
  const signature = key.sign(digest);
  console.log(forge.util.bytesToHex(signature), publicKey.verify(digest.digest().bytes(), signature));
  console.log(key.decrypt(publicKey.encrypt("hello", "RSA-OAEP"), "RSA-OAEP"), key.decrypt(publicKey.encrypt("hi")));
  const seed = Buffer.from(bytes(32));
  const pair = forge.pki.ed25519.generateKeyPair({ seed });
  const signed = forge.pki.ed25519.sign({ message: "text", encoding: "utf8", privateKey: pair.privateKey });
  console.log(toHex(pair.publicKey), toHex(signed), forge.pki.ed25519.verify({ message: "text", encoding: "utf8", signature: signed, publicKey: pair.publicKey }));
  const certificate = forge.pki.createCertificate();
  Object.assign(certificate, { publicKey, serialNumber: "01" });
  certificate.validity.notBefore = certificate.validity.notAfter = new Date(0);
  certificate.setSubject([{ name: "commonName", value: "a" }]);
  certificate.setIssuer([{ name: "commonName", value: "a" }]);
  certificate.sign(key, forge.md.sha256.create());
  console.log(forge.util.bytesToHex(certificate.signature).slice(0, 40), certificate.verify(certificate));
};
