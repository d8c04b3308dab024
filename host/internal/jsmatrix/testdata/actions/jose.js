// HS256 and RS256: sign and verify, an encrypted token, a key set by HTTP
// 200 GET /jwks {"keys":[]}
import * as jose from "jose";

const secret = new TextEncoder().encode("a secret of at least thirty-two bytes");
const token = await new jose.SignJWT({ sub: event.user.user_id }).setProtectedHeader({ alg: "HS256" }).setIssuedAt(1700000000).setIssuer("usher").sign(secret);
console.log(token, (await jose.jwtVerify(token, secret, { issuer: "usher" })).payload);
const { privateKey, publicKey } = await jose.generateKeyPair("RS256", { extractable: true });
const signed = await new jose.SignJWT({ n: 1 }).setProtectedHeader({ alg: "RS256", kid: "k" }).sign(privateKey);
const keys = jose.createLocalJWKSet({ keys: [{ ...(await jose.exportJWK(publicKey)), alg: "RS256", kid: "k" }] });
console.log((await jose.jwtVerify(signed, keys)).protectedHeader);
const closed = await new jose.EncryptJWT({ n: 2 }).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(secret.slice(0, 32));
console.log((await jose.jwtDecrypt(closed, secret.slice(0, 32))).payload);
await jose.jwtVerify(token, new Uint8Array(32)).catch((error) => console.log(error.code));
const remote = jose.createRemoteJWKSet(new URL(`${event.secrets.URL}/jwks`));
await jose.jwtVerify(signed, remote).catch((error) => console.log(error.code));
