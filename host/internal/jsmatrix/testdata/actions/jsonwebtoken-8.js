// HS256 and RS256: sign and verify, the error of a token that has expired
import jwt from "jsonwebtoken-8";
import { generateKeyPairSync } from "crypto";

const token = jwt.sign({ sub: event.user.user_id, iat: 1700000000 }, "secret", { issuer: "usher", noTimestamp: false });
console.log(token, jwt.verify(token, "secret", { issuer: "usher" }));
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
const signed = jwt.sign({ n: 1 }, privateKey, { algorithm: "RS256", keyid: "k", noTimestamp: true });
console.log(jwt.verify(signed, publicKey, { algorithms: ["RS256"] }), jwt.decode(signed, { complete: true }).header);
const old = jwt.sign({ exp: 1700000000 }, "secret", { noTimestamp: true });
try {
  jwt.verify(old, "secret");
} catch (error) {
  console.log(error.name, error.message, error.expiredAt.toISOString());
}
