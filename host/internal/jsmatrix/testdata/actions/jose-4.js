// HS256, ES256 and EdDSA: sign and verify, an encrypted token
import * as jose from "jose-4";

const secret = new TextEncoder().encode("a secret of at least thirty-two bytes");
const token = await new jose.SignJWT({ sub: event.user.user_id }).setProtectedHeader({ alg: "HS256" }).setIssuedAt(1700000000).sign(secret);
console.log(token, (await jose.jwtVerify(token, secret)).payload);
for (const alg of ["ES256", "EdDSA", "PS256"]) {
  const { privateKey, publicKey } = await jose.generateKeyPair(alg);
  console.log(alg, (await jose.jwtVerify(await new jose.SignJWT({ n: 1 }).setProtectedHeader({ alg }).sign(privateKey), publicKey)).payload);
}
const closed = await new jose.CompactEncrypt(Buffer.from("hello")).setProtectedHeader({ alg: "A256KW", enc: "A256CBC-HS512" }).encrypt(secret.slice(0, 32));
console.log(Buffer.from((await jose.compactDecrypt(closed, secret.slice(0, 32))).plaintext).toString());
