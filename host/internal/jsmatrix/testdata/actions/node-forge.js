// hashes, HMAC, AES, base64, and an RSA signature with a key of Node's
import forge from "node-forge";
import { generateKeyPairSync } from "crypto";

console.log(forge.md.sha256.create().update("hello", "utf8").digest().toHex());
const hmac = forge.hmac.create();
hmac.start("sha1", "key");
hmac.update("hello");
console.log(hmac.digest().toHex(), forge.util.encode64("hello"));
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs1", format: "pem" } });
const md = forge.md.sha256.create().update("hello", "utf8");
const signature = forge.pki.privateKeyFromPem(privateKey).sign(md);
console.log(signature.length, forge.pki.publicKeyFromPem(publicKey).verify(md.digest().bytes(), signature));
