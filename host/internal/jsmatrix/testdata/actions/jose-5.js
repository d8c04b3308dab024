// a PKCS#8 key of RS256, a thumbprint, the errors of claims
import * as jose from "jose-5";

const { privateKey, publicKey } = await jose.generateKeyPair("RS256", { extractable: true });
const key = await jose.importPKCS8(await jose.exportPKCS8(privateKey), "RS256");
const token = await new jose.SignJWT({}).setProtectedHeader({ alg: "RS256" }).setAudience("a").setExpirationTime(1700000000).sign(key);
await jose.jwtVerify(token, publicKey).catch((error) => console.log(error.code, error.claim));
await jose.jwtVerify(token, publicKey, { audience: "b", currentDate: new Date(0) }).catch((error) => console.log(error.code, error.claim));
console.log((await jose.calculateJwkThumbprint(await jose.exportJWK(publicKey))).length);
