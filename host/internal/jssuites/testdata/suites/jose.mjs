import * as jose from "jose";

const secret = new Uint8Array(32).map((_, i) => i);
const now = 1700000000;
const at2023 = { currentDate: new Date(now * 1000) };
const hs = (payload = {}) => new jose.SignJWT(payload).setProtectedHeader({ alg: "HS256" });

describe("signing", () => {
  for (const alg of ["HS256", "HS384", "HS512"]) {
    it(alg, async () => {
      const key = new Uint8Array(64).fill(7);
      const token = await new jose.SignJWT({ a: 1 }).setProtectedHeader({ alg }).sign(key);
      eq((await jose.jwtVerify(token, key)).payload, { a: 1 });
    });
  }
  for (const alg of ["RS256", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]) {
    it(alg, async () => {
      const { privateKey, publicKey } = await jose.generateKeyPair(alg);
      const token = await new jose.SignJWT({ a: 1 }).setProtectedHeader({ alg, kid: "k" }).sign(privateKey);
      eq((await jose.jwtVerify(token, publicKey)).protectedHeader, { alg, kid: "k" });
    });
  }
  it("the same token as ever", async () => eq(await hs({ sub: "1" }).sign(secret), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0." + (await hs({ sub: "1" }).sign(secret)).split(".")[2]));
  it("a changed token", async () => fails(jose.jwtVerify((await hs({ a: 1 }).sign(secret)).replace(/.$/, (c) => (c === "A" ? "B" : "A")).replace(/\.[^.]+$/, ".AAAA"), secret), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" }));
  it("another key", async () => fails(hs().sign(secret).then((t) => jose.jwtVerify(t, new Uint8Array(32))), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" }));
  it("algorithms that are allowed", async () => fails(hs().sign(secret).then((t) => jose.jwtVerify(t, secret, { algorithms: ["HS512"] })), { code: "ERR_JOSE_ALG_NOT_ALLOWED" }));
  it("CompactSign", async () => eq(new TextDecoder().decode((await jose.compactVerify(await new jose.CompactSign(new TextEncoder().encode("hello")).setProtectedHeader({ alg: "HS256" }).sign(secret), secret)).payload), "hello"));
  it("FlattenedSign with an unprotected header", async () => {
    const jws = await new jose.FlattenedSign(new TextEncoder().encode("x")).setProtectedHeader({ alg: "HS256" }).setUnprotectedHeader({ kid: "k" }).sign(secret);
    eq((await jose.flattenedVerify(jws, secret)).unprotectedHeader, { kid: "k" });
  });
  it("GeneralSign", async () => {
    const jws = await new jose.GeneralSign(new TextEncoder().encode("x")).addSignature(secret).setProtectedHeader({ alg: "HS256" }).addSignature(new Uint8Array(64)).setProtectedHeader({ alg: "HS512" }).sign();
    eq((await jose.generalVerify(jws, new Uint8Array(64))).protectedHeader, { alg: "HS512" });
  });
  it("no algorithm", async () => fails(new jose.SignJWT({}).setProtectedHeader({}).sign(secret), { code: "ERR_JWS_INVALID" }));
  it("a key that does not fit", async () => fails(jose.generateKeyPair("ES256").then(({ publicKey }) => hs().sign(publicKey)), { name: "TypeError" }));
});

describe("claims", () => {
  it("all are set", async () => {
    const token = await hs().setIssuer("i").setSubject("s").setAudience(["a", "b"]).setJti("j").setNotBefore(now).setIssuedAt(now).setExpirationTime(now + 60).sign(secret);
    eq((await jose.jwtVerify(token, secret, { ...at2023, issuer: "i", subject: "s", audience: "b" })).payload, { iss: "i", sub: "s", aud: ["a", "b"], jti: "j", nbf: now, iat: now, exp: now + 60 });
  });
  it("expired", async () => fails(hs().setExpirationTime(now - 1).sign(secret).then((t) => jose.jwtVerify(t, secret, at2023)), { code: "ERR_JWT_EXPIRED", claim: "exp", reason: "check_failed" }));
  it("clockTolerance", async () => eq((await jose.jwtVerify(await hs().setExpirationTime(now - 1).sign(secret), secret, { ...at2023, clockTolerance: "5s" })).payload.exp, now - 1));
  it("not yet", async () => fails(hs().setNotBefore(now + 9).sign(secret).then((t) => jose.jwtVerify(t, secret, at2023)), { code: "ERR_JWT_CLAIM_VALIDATION_FAILED", claim: "nbf" }));
  it("another audience", async () => fails(hs().setAudience("a").sign(secret).then((t) => jose.jwtVerify(t, secret, { audience: "b" })), { claim: "aud" }));
  it("requiredClaims", async () => fails(hs().sign(secret).then((t) => jose.jwtVerify(t, secret, { requiredClaims: ["jti"] })), { claim: "jti", reason: "missing" }));
  it("maxTokenAge", async () => fails(hs().setIssuedAt(now - 100).sign(secret).then((t) => jose.jwtVerify(t, secret, { ...at2023, maxTokenAge: "1 minute" })), { code: "ERR_JWT_EXPIRED", claim: "iat" }));
  it("typ", async () => fails(hs().sign(secret).then((t) => jose.jwtVerify(t, secret, { typ: "at+jwt" })), { claim: "typ" }));
  it("times in words", async () => {
    const { exp, iat } = jose.decodeJwt(await hs().setIssuedAt().setExpirationTime("2h").sign(secret));
    eq(exp - iat, 7200);
  });
  it("decodeJwt and decodeProtectedHeader", async () => {
    const token = await hs({ a: "ö" }).sign(secret);
    eq([jose.decodeJwt(token), jose.decodeProtectedHeader(token)], [{ a: "ö" }, { alg: "HS256" }]);
  });
  it("decodeJwt of what is none", () => throws(() => jose.decodeJwt("no"), { code: "ERR_JWT_INVALID" }));
  it("an unsecured token", () => {
    const token = new jose.UnsecuredJWT({ a: 1 }).encode();
    eq(jose.UnsecuredJWT.decode(token).payload, { a: 1 });
  });
});

describe("encrypting", () => {
  for (const enc of ["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"]) {
    it("dir with " + enc, async () => {
      const key = new Uint8Array({ A128GCM: 16, A256GCM: 32, "A128CBC-HS256": 32, "A256CBC-HS512": 64 }[enc]).fill(1);
      eq((await jose.jwtDecrypt(await new jose.EncryptJWT({ a: 1 }).setProtectedHeader({ alg: "dir", enc }).encrypt(key), key)).payload, { a: 1 });
    });
  }
  for (const alg of ["A128KW", "A256KW", "A256GCMKW"]) {
    it(alg, async () => {
      const key = new Uint8Array(alg.startsWith("A128") ? 16 : 32).fill(1);
      eq(new TextDecoder().decode((await jose.compactDecrypt(await new jose.CompactEncrypt(new TextEncoder().encode("x")).setProtectedHeader({ alg, enc: "A256GCM" }).encrypt(key), key)).plaintext), "x");
    });
  }
  for (const alg of ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW"]) {
    it(alg, async () => {
      const { privateKey, publicKey } = await jose.generateKeyPair(alg);
      eq(new TextDecoder().decode((await jose.compactDecrypt(await new jose.CompactEncrypt(new TextEncoder().encode("x")).setProtectedHeader({ alg, enc: "A128GCM" }).encrypt(publicKey), privateKey)).plaintext), "x");
    });
  }
  it("PBES2", async () => eq(new TextDecoder().decode((await jose.compactDecrypt(await new jose.CompactEncrypt(new TextEncoder().encode("x")).setProtectedHeader({ alg: "PBES2-HS256+A128KW", enc: "A128GCM" }).encrypt(secret), secret, { keyManagementAlgorithms: ["PBES2-HS256+A128KW"] })).plaintext), "x"));
  it("another key", async () => fails(new jose.EncryptJWT({}).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(secret).then((t) => jose.jwtDecrypt(t, new Uint8Array(32))), { code: "ERR_JWE_DECRYPTION_FAILED" }));
});

describe("keys", () => {
  it("JWK both ways", async () => {
    const { privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
    const jwk = await jose.exportJWK(privateKey);
    eq([jwk.kty, jwk.crv, await jose.exportJWK(await jose.importJWK(jwk, "ES256", { extractable: true }))], ["EC", "P-256", jwk]);
  });
  it("PKCS#8 and SPKI", async () => {
    const { privateKey, publicKey } = await jose.generateKeyPair("RS256", { extractable: true });
    const pkcs8 = await jose.exportPKCS8(privateKey);
    const spki = await jose.exportSPKI(publicKey);
    match(pkcs8, /^-----BEGIN PRIVATE KEY-----\n/);
    const token = await new jose.SignJWT({}).setProtectedHeader({ alg: "RS256" }).sign(await jose.importPKCS8(pkcs8, "RS256"));
    eq((await jose.jwtVerify(token, await jose.importSPKI(spki, "RS256"))).payload, {});
  });
  it("an oct JWK", async () => eq(await jose.importJWK({ kty: "oct", k: "AAEC" }), Uint8Array.of(0, 1, 2)));
  it("a thumbprint", async () => eq(await jose.calculateJwkThumbprint({ kty: "EC", crv: "P-256", x: "jJ6Flys3zK9jUhnOHf6G49Dyp5hah6CNP84-gY-n9eo", y: "nhI6iD5eFXgBTLt_1p3aip-5VbZeMhxeFSpjfEAf7Ww" }), "w9eYdC6_s_tLQ8lH6PUpc0mddazaqtPgeC2IgWDiqY8"));
  it("a thumbprint as a URI", async () => match(await jose.calculateJwkThumbprintUri({ kty: "oct", k: "AAEC" }), /^urn:ietf:params:oauth:jwk-thumbprint:sha-256:/));
  it("generateSecret", async () => eq((await jose.exportJWK(await jose.generateSecret("HS256", { extractable: true }))).kty, "oct"));
  it("a key that is none", async () => fails(jose.importPKCS8("no", "RS256"), { name: "TypeError" }));
  it("an unknown algorithm", async () => fails(jose.generateKeyPair("NO1"), { code: "ERR_JOSE_NOT_SUPPORTED" }));
});

describe("key sets", () => {
  const set = async () => {
    const { privateKey, publicKey } = await jose.generateKeyPair("RS256", { extractable: true });
    const jwk = { ...(await jose.exportJWK(publicKey)), kid: "k", alg: "RS256", use: "sig" };
    return { jwk, token: (kid) => new jose.SignJWT({}).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey) };
  };
  it("a local one", async () => {
    const { jwk, token } = await set();
    eq((await jose.jwtVerify(await token("k"), jose.createLocalJWKSet({ keys: [jwk] }))).protectedHeader.kid, "k");
  });
  it("without the key", async () => {
    const { jwk, token } = await set();
    await fails(jose.jwtVerify(await token("other"), jose.createLocalJWKSet({ keys: [jwk] })), { code: "ERR_JWKS_NO_MATCHING_KEY" });
  });
  it("that is malformed", () => throws(() => jose.createLocalJWKSet({}), { code: "ERR_JWKS_INVALID" }));
  it("a remote one that is not there", async () => fails(set().then(({ token }) => token("k")).then((t) => jose.jwtVerify(t, jose.createRemoteJWKSet(new URL(at("/status/404"))))), { code: "ERR_JOSE_GENERIC" }));
  it("a remote one that is slow", async () => fails(set().then(({ token }) => token("k")).then((t) => jose.jwtVerify(t, jose.createRemoteJWKSet(new URL(at("/slow")), { timeoutDuration: 50 }))), { code: "ERR_JWKS_TIMEOUT" }));
  it("EmbeddedJWK", async () => {
    const { privateKey, publicKey } = await jose.generateKeyPair("ES256", { extractable: true });
    const token = await new jose.SignJWT({}).setProtectedHeader({ alg: "ES256", jwk: await jose.exportJWK(publicKey) }).sign(privateKey);
    eq((await jose.jwtVerify(token, jose.EmbeddedJWK)).payload, {});
  });
});

describe("helpers", () => {
  it("base64url", () => eq([jose.base64url.encode("jö?>"), Buffer.from(jose.base64url.decode("asO2Pz4")).toString()], ["asO2Pz4", "jö?>"]));
  it("errors have codes", () => eq([jose.errors.JWTExpired.code, new jose.errors.JOSENotSupported("x").message], ["ERR_JWT_EXPIRED", "x"]));
});
