// a key store, JWS and JWE
import jose from "node-jose";

const key = await jose.JWK.createKey("oct", 256, { alg: "A256GCM", use: "enc" });
const closed = await jose.JWE.createEncrypt({ format: "compact" }, key).update(Buffer.from("hello")).final();
console.log((await jose.JWE.createDecrypt(key).decrypt(closed)).plaintext.toString());
const rsa = await jose.JWK.createKey("RSA", 2048, { alg: "RS256", use: "sig" });
const signed = await jose.JWS.createSign({ format: "compact" }, rsa).update("hello").final();
console.log((await jose.JWS.createVerify(rsa).verify(signed)).payload.toString());
