// a JWT of HS256 and of RS256
import jsrsasign from "jsrsasign";
import { generateKeyPairSync } from "crypto";

const { KJUR } = jsrsasign;
console.log(KJUR.jws.JWS.sign("HS256", JSON.stringify({ alg: "HS256" }), JSON.stringify({ sub: "1" }), { utf8: "secret" }));
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
const token = KJUR.jws.JWS.sign("RS256", JSON.stringify({ alg: "RS256" }), JSON.stringify({ sub: "1" }), privateKey);
console.log(KJUR.jws.JWS.verify(token, publicKey, ["RS256"]));
