// What node:crypto and the web's crypto must do alike under Node and in an
// action. A case returns what can be compared; a pair's make returns what the
// other side's check must accept.
"use strict";
const { Buffer } = require("buffer");
const crypto = require("crypto");
const { subtle } = crypto.webcrypto;

const text = "Grüße, “wörld” 🌍";
const bytes = (n, from = 0) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 7 + from) & 255));
const hex = (value) => Buffer.from(value).toString("hex");

// thrown returns what programs see of an error.
function thrown(work) {
  try {
    return { returned: String(work()) };
  } catch (error) {
    return visible(error);
  }
}

async function rejected(work) {
  try {
    return { returned: String(await work()) };
  } catch (error) {
    return { ...visible(error), dom: error instanceof DOMException };
  }
}

const visible = ({ name, code, message }) => ({ name, code, message });

const hashes = "md5 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256 sha3-224 sha3-256 sha3-384 sha3-512 ripemd160 blake2b512 blake2s256 shake128 shake256 RSA-SHA256 SHA256 RSA-SHA512/256".split(" ");
const ciphers = "aes-128-cbc aes-192-cbc aes-256-cbc aes-128-ctr aes-256-ctr aes-128-ecb aes-256-ecb aes-128-gcm aes-256-gcm chacha20-poly1305 aes256 aes-128-cfb aes-256-cfb8 aes-192-ofb des-ede3-cbc des3 des-ede3 des-ede des-ede-cbc des-ede3-cfb des-ede3-cfb8 des-ede3-ofb des-ede-ofb chacha20 aes-128-ccm id-aes256-CCM".split(" ");
const ivOf = (name) => (crypto.getCipherInfo(name).ivLength ? bytes(crypto.getCipherInfo(name).ivLength, 3) : null);
const keyOf = (name) => bytes(crypto.getCipherInfo(name).keyLength, 9);
const authenticates = (name) => /gcm|ccm|poly/i.test(name);

// A key of no one, encrypted by openssl under "secret", or "sécret" in the first.
const oldKeys = {
  "PBE-SHA1-3DES": `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGxMBwGCiqGSIb3DQEMAQMwDgQIXwAJpuFcVcoCAggABIGQbQp/t0dFnybFmRiD
FnIZ59Pcxc0DtwcZZ54Aq+mV1DZzVA9vChrcCYAA7/qrZpZRI0U9onmTz4tvTeWE
UGukgSW2I9Yce9+DnIXw+vH2A50+IpiE9pJN71HeusEBZVZtjtD1uCrDPEdZMzKz
pmJzlefKffI7a4cwNuib0eB49z7Yjo2wIiz2cNj3sNczo5hB
-----END ENCRYPTED PRIVATE KEY-----
`,
  "PBE-SHA1-2DES": `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGxMBwGCiqGSIb3DQEMAQQwDgQI4bd85qPofBgCAggABIGQTrkslGLOcchzYv+M
Tqr7CucI6FVZI0hMz8q0qLGDtfhLnbliUCOpFIS3SjrpFzsRaoRDnXpj5w51HOgk
xWqjaKiNSEfBLXCYNC+xuf4/TIXjnHG8fqtTD32AIym5I1wpg7vqmQ+AszKnrdlJ
/c+jB+Sz55QY5CrQbsYMNM3WbFWim8Pqvp5hsUfwsBZjhgor
-----END ENCRYPTED PRIVATE KEY-----
`,
  "scrypt": `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAhHdEoRUJbKDgICBAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBAkp+Y4nAkbwCcWKurgcTB8BIGQdfZP86qYylX0
FNCof3sD8Gh3b5brm+jzXA/QlN2RpncaiQsy8bke9GgWmIdcKBJ2MHTDZ+eSGJA/
vScYRDbcrfDYTDEqlVQY1fLPzIn1/ykAjmCWXDw1T2jWGK438fml/n93ZbmRtzGJ
tXbcFhOYLzaqIbxsqJlPjbJYzqUS2CV9Vb31p8JAM0Y+Xj5CtbBE
-----END ENCRYPTED PRIVATE KEY-----
`,
  "DEK-Info": `-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-192-CBC,ECF079926F56CD57C1F4AD74BE28153B

bNAT/ASplarYy8bf3/O8Jv0X6udJqbID39OEZHer92MOBi4CSWGQuM+ryfsabkpU
xvzRbm70Uiow92L010u5Q2MT3xu2+VkTTd9DsWW/VFeeoM7z4/prKo4ZU3B2YzcR
SGB+UP0PYGZstVS/81EqZRPCXTm/v5goqZue+USm6vY=
-----END EC PRIVATE KEY-----
`,
  "PBES2 with 3DES": `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHjME4GCSqGSIb3DQEFDTBBMCkGCSqGSIb3DQEFDDAcBAiwHRNjWvhaRAICCAAw
DAYIKoZIhvcNAgkFADAUBggqhkiG9w0DBwQIBuVYmVcm5IQEgZBTomwyhC8vFBe8
M/F2evIMq0bZhlWRWk+ZqYCiQhuk1wMitmZDpgNoLT7xcDGwaIBheZbYidn4qPMG
aWbBTVnKRF0rIkPr37XUfd/pvTD98iD+bGVFNKw4cL0lSXvUF0uG4aboaQqtBh/X
Jp/QDZNEe2yO1XFcIm2Smw5XUhgTmTuf6MqfcDdjAvLKtnRLtec=
-----END ENCRYPTED PRIVATE KEY-----
`,
};

const cases = {
  "every digest": () => hashes.map((name) => crypto.createHash(name).update(text).digest("hex")),
  "digest in parts and encodings": () => ["hex", "base64", "base64url", "latin1", "binary"].map((encoding) => crypto.createHash("sha256").update("é", "latin1").update("00ff", "hex").update(new Uint16Array([1, 2, 3])).update(new DataView(new Uint8Array([5, 6, 7]).buffer, 1)).digest(encoding)),
  "digest of nothing": () => crypto.createHash("sha1").digest().toString("hex"),
  "a digest's copy": () => {
    const hash = crypto.createHash("sha256").update("a");
    const copy = hash.copy();
    return [hash.update("b").digest("hex"), copy.digest("hex")];
  },
  "a digest sees bytes as they were": () => {
    const data = bytes(4);
    const hash = crypto.createHash("md5").update(data);
    data.fill(0);
    return hash.digest("hex");
  },
  "extensible digests": () => crypto.createHash("shake256", { outputLength: 77 }).update(text).digest("hex"),
  "every code": () => hashes.filter((name) => !name.startsWith("shake")).map((name) => crypto.createHmac(name, "k".repeat(200)).update(text).digest("base64")),
  "codes by key": () => [crypto.createSecretKey(bytes(9)), bytes(9), "", new Uint8Array(70)].map((key) => crypto.createHmac("sha256", key).update("x").digest("hex")),
  "a code's second digest": () => {
    const hmac = crypto.createHmac("sha1", "k").update("x");
    return [hmac.digest("hex"), hmac.digest("hex"), hmac.digest().length];
  },
  "a hash as a stream": () => new Promise((resolve, reject) => {
    const hash = crypto.createHash("sha256");
    hash.on("error", reject);
    hash.on("readable", () => {
      const data = hash.read();
      if (data) resolve(data.toString("hex"));
    });
    hash.write("hello ");
    hash.end("world");
  }),
  "a cipher as a stream": async () => {
    const cipher = crypto.createCipheriv("aes-128-cbc", bytes(16), bytes(16));
    cipher.end("some text that is longer than a block");
    const chunks = [];
    for await (const chunk of cipher) chunks.push(chunk);
    return hex(Buffer.concat(chunks));
  },
  "pbkdf2": () => ["sha1", "sha256", "sha512"].map((digest) => crypto.pbkdf2Sync(text, bytes(16), 1000, 70, digest).toString("hex")),
  "pbkdf2 by callback": () => new Promise((resolve) => crypto.pbkdf2("p", "s", 1, 20, "sha1", (error, key) => resolve([error, hex(key)]))),
  "hkdf": () => [hex(crypto.hkdfSync("sha256", "key", "salt", "info", 100)), hex(crypto.hkdfSync("sha512", bytes(3), "", "", 1)), Object.prototype.toString.call(crypto.hkdfSync("sha1", "a", "b", "c", 3))],
  "scrypt": () => [hex(crypto.scryptSync("pass", "salt", 64)), hex(crypto.scryptSync("pass", "salt", 32, { N: 1024, r: 4, p: 2 })), hex(crypto.scryptSync("", "", 64, { cost: 16, blockSize: 1, parallelization: 1 }))],
  "every cipher": () => ciphers.map((name) => {
    const options = /poly|ccm/i.test(name) ? { authTagLength: 16 } : undefined;
    const plaintextLength = Buffer.byteLength(text);
    const cipher = crypto.createCipheriv(name, keyOf(name), ivOf(name), options);
    if (authenticates(name)) cipher.setAAD(Buffer.from("aad"), { plaintextLength });
    const sealed = cipher.update(text, "utf8", "hex") + cipher.final("hex");
    const tag = authenticates(name) ? cipher.getAuthTag() : undefined;
    const decipher = crypto.createDecipheriv(name, keyOf(name), ivOf(name), options);
    if (tag) decipher.setAuthTag(tag).setAAD(Buffer.from("aad"), { plaintextLength });
    return [sealed, tag && hex(tag), decipher.update(sealed, "hex", "utf8") + decipher.final("utf8")];
  }),
  "ciphers byte by byte": () => ["aes-256-cbc", "aes-256-ctr", "aes-128-ecb", "aes-256-cfb", "aes-128-cfb8", "aes-192-ofb", "des-ede3-cbc", "des-ede3-cfb", "des-ede3-cfb8", "des-ede3-ofb", "des-ede3", "chacha20"].map((name) => {
    const cipher = crypto.createCipheriv(name, keyOf(name), ivOf(name));
    const parts = [];
    for (const byte of bytes(50)) parts.push(cipher.update(Buffer.of(byte)));
    parts.push(cipher.final());
    const decipher = crypto.createDecipheriv(name, keyOf(name), ivOf(name));
    const plain = [];
    for (const byte of Buffer.concat(parts)) plain.push(decipher.update(Buffer.of(byte)));
    plain.push(decipher.final());
    return [parts.map((part) => part.length), hex(Buffer.concat(parts)), plain.map((part) => part.length), hex(Buffer.concat(plain))];
  }),
  "a counter that carries": () => {
    const cipher = crypto.createCipheriv("aes-128-ctr", bytes(16), Buffer.alloc(16, 255));
    return hex(Buffer.concat([cipher.update(bytes(17)), cipher.update(bytes(40)), cipher.final()]));
  },
  "no padding": () => {
    const cipher = crypto.createCipheriv("aes-128-cbc", bytes(16), bytes(16)).setAutoPadding(false);
    const all = Buffer.concat([cipher.update(bytes(32)), cipher.final()]);
    const decipher = crypto.createDecipheriv("aes-128-cbc", bytes(16), bytes(16)).setAutoPadding(false);
    return [hex(all), hex(Buffer.concat([decipher.update(all), decipher.final()]))];
  },
  "gcm with short tags and long nonces": () => [4, 8, 12, 16].map((authTagLength) => {
    const cipher = crypto.createCipheriv("aes-128-gcm", bytes(16), bytes(40), { authTagLength });
    const sealed = Buffer.concat([cipher.update("text"), cipher.final()]);
    const decipher = crypto.createDecipheriv("aes-128-gcm", bytes(16), bytes(40), { authTagLength }).setAuthTag(cipher.getAuthTag());
    return [hex(sealed), hex(cipher.getAuthTag()), decipher.update(sealed, null, "utf8") + decipher.final("utf8")];
  }),
  "what is authenticated comes out as it goes in": () => [["aes-128-gcm", 12], ["aes-256-gcm", 20], ["chacha20-poly1305", 12]].map(([name, size]) => {
    const cipher = crypto.createCipheriv(name, keyOf(name), bytes(size), { authTagLength: 16 }).setAAD(Buffer.from("aad"));
    const sealed = [0, 1, 16, 30].map((n) => cipher.update(bytes(n)));
    const end = cipher.final();
    const decipher = crypto.createDecipheriv(name, keyOf(name), bytes(size), { authTagLength: 16 }).setAAD(Buffer.from("aad")).setAuthTag(cipher.getAuthTag());
    return [sealed.map(hex), hex(end), sealed.map((part) => hex(decipher.update(part))), hex(decipher.final())];
  }),
  "what ciphers are": () => ["aes-256-gcm", "aes-192-ctr", "aes-128-ecb", "AES-256-CBC", "aes128-wrap", "id-aes128-GCM", "chacha20-poly1305", 901, "no"].map((name) => crypto.getCipherInfo(name) ?? null).concat(crypto.getCipherInfo("aes-128-gcm", { ivLength: 20 }), crypto.getCipherInfo("aes-128-cbc", { keyLength: 3 }) ?? null),
  "streams in uneven parts": () => ["aes-128-cfb", "aes-128-ofb", "aes-128-ctr", "chacha20", "des-ede3-cfb"].map((name) => {
    const cipher = crypto.createCipheriv(name, keyOf(name), ivOf(name));
    return [5, 0, 70, 1, 16, 64, 3, 200].map((n) => hex(cipher.update(bytes(n)))).concat(hex(cipher.final()));
  }),
  "output in parts as strings": () => ["utf8", "base64", "base64url", "hex", "latin1", "utf16le"].map((encoding) => ["aes-128-cbc", "des-ede3-cbc", "aes-128-ctr"].map((name) => {
    const cipher = crypto.createCipheriv(name, keyOf(name), ivOf(name));
    const sealed = [cipher.update(text.repeat(3), "utf8", encoding), cipher.update(text, "utf8", encoding), cipher.final(encoding)];
    const open = crypto.createDecipheriv(name, keyOf(name), ivOf(name));
    const again = crypto.createCipheriv(name, keyOf(name), ivOf(name));
    const bare = Buffer.concat([again.update(text.repeat(4)), again.final()]);
    return [sealed, [open.update(bare.subarray(0, 21), null, encoding), open.update(bare.subarray(21), null, encoding), open.final(encoding)]];
  })),
  "ccm": () => [[4, 7], [10, 12], [16, 13]].map(([authTagLength, nonce]) => {
    const cipher = crypto.createCipheriv("aes-256-ccm", bytes(32), bytes(nonce), { authTagLength });
    const sealed = cipher.update(bytes(50));
    const rest = cipher.final();
    const tag = cipher.getAuthTag();
    const open = (given) => {
      const decipher = crypto.createDecipheriv("aes-256-ccm", bytes(32), bytes(nonce), { authTagLength }).setAuthTag(given);
      return hex(decipher.update(sealed)) + hex(decipher.final());
    };
    const wrong = Buffer.from(tag);
    wrong[0] ^= 1;
    return [hex(sealed), rest.length, hex(tag), open(tag), "code" in thrown(() => open(wrong)) && !("returned" in thrown(() => open(wrong)))];
  }),
  "errors of ccm": () => [() => crypto.createCipheriv("aes-128-ccm", bytes(16), bytes(12)), () => crypto.createCipheriv("aes-128-ccm", bytes(16), bytes(12), { authTagLength: 5 }), () => crypto.createCipheriv("aes-128-ccm", bytes(16), bytes(14), { authTagLength: 16 })].map(thrown),
  "what more ciphers are": () => "aes-128-ccm id-aes128-CCM aes-256-cfb aes-128-cfb8 aes-192-ofb aes192-wrap des-ede3-cbc des3 des-ede3 des-ede3-ecb des-ede des-ede-cbc des-ede-cfb des-ede-ofb des-ede3-cfb des-ede3-cfb8 des-ede3-ofb chacha20 id-aes128-cbc des3-cbc".split(" ").map((name) => crypto.getCipherInfo(name) ?? null),
  "keys that are encrypted in old ways": () => Object.entries(oldKeys).map(([name, key]) => {
    const passphrase = name === "PBE-SHA1-3DES" ? "sécret" : "secret";
    const wrong = thrown(() => crypto.createPrivateKey({ key, passphrase: "wrong" }));
    return [name, crypto.createPrivateKey({ key, passphrase }).export({ format: "jwk" }), wrong.code, wrong.message];
  }),
  "encryption of encodings that have none": ({ keys }) => ["pkcs1", "sec1"].map((type) => thrown(() => crypto.createPrivateKey(type === "sec1" ? keys.p256 : keys.rsa).export({ type, format: "der", cipher: "aes-128-cbc", passphrase: "p" })).code),
  "ECDH on secp256k1": () => {
    const [a, b] = [crypto.createECDH("secp256k1"), crypto.createECDH("secp256k1")];
    a.setPrivateKey(bytes(32, 1));
    b.setPrivateKey(hex(bytes(32, 5)), "hex");
    return [a.getPublicKey("hex"), a.getPublicKey("base64", "compressed"), a.getPublicKey("hex", "hybrid"), hex(a.getPrivateKey()), a.computeSecret(b.getPublicKey()).toString("hex"), b.computeSecret(a.getPublicKey("hex", "compressed"), "hex", "hex"), crypto.ECDH.convertKey(a.getPublicKey("hex", "compressed"), "secp256k1", "hex", "hex", "uncompressed")];
  },
  "errors on secp256k1": () => [() => crypto.createECDH("secp256k1").setPrivateKey(Buffer.alloc(32)), () => crypto.createECDH("secp256k1").setPrivateKey(Buffer.alloc(32, 255))].map((work) => thrown(work).code),
  "digests by all their names": () => crypto.getHashes().filter((name) => !/sm3/i.test(name)).map((name) => [name, thrown(() => crypto.createHash(name).update("a").digest("hex"))]),
  "names that the host has": () => [crypto.getCurves().includes("secp256k1"), crypto.getHashes().includes("RSA-SHA1-2"), crypto.getCiphers().includes("aes-128-ccm")],
  "numbers": () => crypto.constants,
  "classes that are called": () => [crypto.Hash("md5").update("a").digest("hex"), crypto.Hmac("md5", "k").update("a").digest("hex"), crypto.Sign("sha256") instanceof crypto.Sign, crypto.Cipheriv("aes-128-cbc", bytes(16), bytes(16)) instanceof crypto.Cipheriv],
  "signatures as streams": () => {
    const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
    const [sign, verify] = [crypto.createSign("sha256"), crypto.createVerify("sha256")];
    for (const stream of [sign, verify]) {
      stream.write("some ");
      stream.end("text");
    }
    return verify.verify(publicKey, sign.sign(privateKey));
  },
  "one crypto": () => [crypto.webcrypto === globalThis.crypto, crypto.subtle === globalThis.crypto.subtle, String(globalThis.crypto), String(crypto.subtle), crypto === require("node:crypto"), crypto.createHash("md5") instanceof crypto.Hash, crypto.createHmac("md5", "") instanceof crypto.Hmac],
  "aes key wrap": () => {
    const cipher = crypto.createCipheriv("aes128-wrap", bytes(16), Buffer.alloc(8, 0xa6));
    return hex(Buffer.concat([cipher.update(bytes(24)), cipher.final()]));
  },
  "keys in every form": ({ keys }) => Object.entries(keys).map(([name, pem]) => {
    const key = crypto.createPrivateKey(pem);
    const pub = crypto.createPublicKey(pem);
    const types = { rsa: ["pkcs1", "pkcs8"], ec: ["sec1", "pkcs8"] }[key.asymmetricKeyType] ?? ["pkcs8"];
    const details = { ...key.asymmetricKeyDetails };
    if (details.publicExponent) details.publicExponent = String(details.publicExponent);
    return [name, key.type, pub.type, key.asymmetricKeyType, details,
      types.map((type) => [key.export({ type, format: "pem" }), hex(key.export({ type, format: "der" }))]),
      (key.asymmetricKeyType === "rsa" ? ["pkcs1", "spki"] : ["spki"]).map((type) => pub.export({ type, format: "pem" })),
      key.export({ format: "jwk" }), pub.export({ format: "jwk" }),
      key.equals(crypto.createPrivateKey({ key: key.export({ format: "jwk" }), format: "jwk" })),
      pub.equals(crypto.createPublicKey({ key: pub.export({ format: "jwk" }), format: "jwk" })),
      pub.equals(crypto.createPublicKey(key)),
      types.every((type) => key.equals(crypto.createPrivateKey({ key: key.export({ type, format: "der" }), format: "der", type }))),
      Object.prototype.toString.call(key), key instanceof crypto.KeyObject];
  }),
  "secret keys": () => {
    const key = crypto.createSecretKey("c2VjcmV0", "base64");
    return [key.type, key.symmetricKeySize, hex(key.export()), key.export({ format: "jwk" }), key.equals(crypto.createSecretKey(Buffer.from("secret"))), key.asymmetricKeyType];
  },
  "signatures that follow from the key": ({ keys }) => [
    ...["sha1", "SHA256", "RSA-SHA384", "sha512", "RSA-SHA256"].map((name) => crypto.createSign(name).update("a").update("b").sign(keys.rsa, "base64")),
    crypto.sign("sha256", Buffer.from("data"), keys.rsa).toString("hex"),
    crypto.sign(null, Buffer.from("data"), keys.ed25519).toString("hex"),
    crypto.privateEncrypt(keys.rsa, Buffer.from("data")).toString("hex"),
    crypto.publicDecrypt(keys.rsa, crypto.privateEncrypt(keys.rsa, Buffer.from("data"))).toString(),
    crypto.publicEncrypt({ key: keys.rsa, padding: crypto.constants.RSA_NO_PADDING }, bytes(256)).toString("hex"),
  ],
  "wrong signatures": ({ keys }) => ["rsa", "p256", "k256", "ed25519"].map((name) => {
    const hash = name === "ed25519" ? null : "sha256";
    const signature = crypto.sign(hash, Buffer.from("data"), keys[name]);
    return [crypto.verify(hash, Buffer.from("data"), keys[name], signature), crypto.verify(hash, Buffer.from("datb"), keys[name], signature), crypto.verify(hash, Buffer.from("data"), keys[name], signature.subarray(1)), crypto.verify(hash, Buffer.from("data"), keys[name], Buffer.alloc(0))];
  }),
  "agreements": ({ keys, others }) => ["p256", "p384", "p521", "k256", "x25519"].map((name) => crypto.diffieHellman({ privateKey: crypto.createPrivateKey(keys[name]), publicKey: crypto.createPublicKey(others[name]) }).toString("hex")),
  "ECDH": () => {
    const [a, b] = [crypto.createECDH("prime256v1"), crypto.createECDH("prime256v1")];
    a.setPrivateKey(bytes(32, 1));
    b.setPrivateKey(hex(bytes(32, 5)), "hex");
    return [a.getPublicKey("hex"), a.getPublicKey("base64", "compressed"), a.getPublicKey("hex", "hybrid"), hex(a.getPrivateKey()), a.computeSecret(b.getPublicKey()).toString("hex"), b.computeSecret(a.getPublicKey("hex", "compressed"), "hex", "hex"), crypto.ECDH.convertKey(a.getPublicKey("hex", "compressed"), "prime256v1", "hex", "hex", "uncompressed")];
  },
  "a certificate": ({ certificate }) => {
    const x509 = new crypto.X509Certificate(certificate);
    const { subject, issuer, subjectAltName, validFrom, validTo, serialNumber, fingerprint, fingerprint256, ca } = x509;
    return [subject, issuer, subjectAltName, validFrom, validTo, serialNumber, fingerprint, fingerprint256, ca, x509.toString(), x509.publicKey.export({ type: "spki", format: "pem" }), crypto.createPublicKey(certificate).equals(x509.publicKey), x509.verify(x509.publicKey)];
  },
  "comparison": () => [crypto.timingSafeEqual(bytes(3), bytes(3)), crypto.timingSafeEqual(bytes(3), bytes(3, 1)), thrown(() => crypto.timingSafeEqual(bytes(1), bytes(2))), thrown(() => crypto.timingSafeEqual("a", bytes(2)))],
  "random values": () => [crypto.randomBytes(9).length, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(crypto.randomUUID()), crypto.randomInt(3) < 3, crypto.randomInt(5, 6), crypto.randomFillSync(Buffer.alloc(4), 2).subarray(0, 2), globalThis.crypto.getRandomValues(new Uint32Array(2)).length, crypto.randomBytes(4).equals(crypto.randomBytes(4))],
  "errors of keys": ({ keys }) => {
    const key = crypto.createPrivateKey(keys.p256);
    const spki = crypto.createPublicKey(keys.p256).export({ type: "spki", format: "pem" });
    return [
      () => crypto.createPrivateKey("no"), () => crypto.createPublicKey("no"), () => crypto.createPrivateKey(spki), () => crypto.createPublicKey(3), () => crypto.createPublicKey({ format: "jwk", key: { kty: "RSA", n: "x" } }),
      () => key.export(), () => key.export({ type: "pkcs1", format: "pem" }), () => crypto.createSign("sha256").update("a").sign(undefined), () => crypto.createSign("sha256").update("a").sign(crypto.createPublicKey(spki)),
      () => crypto.createSign("sha256").update("a").sign("no"), () => crypto.createPublicKey(crypto.createPublicKey(spki)), () => crypto.createPrivateKey(key), () => crypto.createVerify("sha256").update("a").verify(spki, 3),
    ].map(thrown);
  },
  "errors of arguments": () => [
    () => crypto.createHash("no"), () => crypto.createHash(1), () => crypto.createHash("md5").update(3), () => crypto.createHmac("no", "k"), () => crypto.createHmac("sha1"),
    () => crypto.createSign("no"), () => crypto.createCipheriv("no", "k", "i"), () => crypto.createCipheriv("aes-256-cbc", bytes(3), bytes(16)), () => crypto.createCipheriv("aes-256-cbc", bytes(32), bytes(3)),
    () => crypto.pbkdf2Sync("a", "b", 1, 20, "no"), () => crypto.pbkdf2Sync("a", "b", 0, 20, "sha1"), () => crypto.pbkdf2Sync("a", "b", 1, -1, "sha1"), () => crypto.pbkdf2Sync("a", "b", 1, 1), () => crypto.pbkdf2("a", "b", 1, 1, "sha1"), () => crypto.pbkdf2Sync(1, "b", 1, 1, "sha1"),
    () => crypto.hkdfSync("no", "b", "c", "d", 1), () => crypto.hkdfSync("sha256", "b", "c", "d", 1e6), () => crypto.scryptSync("a", "b", 16, { N: 3 }),
    () => crypto.generateKeyPairSync("no"), () => crypto.generateKeyPairSync("ec", { namedCurve: "no" }), () => crypto.generateKeySync("aes", { length: 12 }), () => crypto.randomBytes("a"), () => crypto.randomBytes(-1), () => crypto.randomInt(5, 1), () => crypto.createECDH("no"), () => crypto.createSecretKey(1),
    () => globalThis.crypto.getRandomValues(new Uint8Array(70000)), () => globalThis.crypto.getRandomValues(new Float32Array(7)),
  ].map(thrown),
  "errors of ciphers": () => {
    const open = (name, data, tag) => () => {
      const decipher = crypto.createDecipheriv(name, keyOf(name), ivOf(name));
      if (tag) decipher.setAuthTag(tag);
      decipher.update(data);
      return decipher.final();
    };
    return [open("aes-128-gcm", "aa", Buffer.alloc(16)), open("aes-128-gcm", "aa"), open("aes-128-cbc", "aa"), open("aes-128-cbc", bytes(16)), () => crypto.createDecipheriv("aes-128-gcm", bytes(16), bytes(12)).setAuthTag(bytes(3))].map(thrown);
  },
  "finished hashes": () => {
    const hash = crypto.createHash("md5");
    hash.digest();
    return [() => hash.update("a"), () => hash.digest(), () => hash.copy()].map(thrown);
  },
  "an encrypted key": ({ encrypted }) => [crypto.createPrivateKey({ key: encrypted, passphrase: "secret" }).asymmetricKeyType, crypto.sign("sha256", Buffer.from("a"), { key: encrypted, passphrase: "secret" }).length, thrown(() => crypto.createPrivateKey({ key: encrypted, passphrase: "wrong" }))],
  "subtle digests": async () => Promise.all(["SHA-1", "sha-256", { name: "SHA-384" }, "SHA-512"].map(async (name) => hex(await subtle.digest(name, bytes(9))))),
  "subtle HMAC": async () => {
    const key = await subtle.importKey("raw", bytes(20), { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]);
    const signature = await subtle.sign("HMAC", key, bytes(5));
    return [hex(signature), await subtle.verify("hmac", key, signature, bytes(5)), await subtle.verify("HMAC", key, signature, bytes(6)), await subtle.exportKey("jwk", key), key.algorithm, key.usages, Object.prototype.toString.call(key)];
  },
  "subtle AES": async () => {
    const results = [];
    for (const [algorithm, usages] of [
      [{ name: "AES-GCM", iv: bytes(12), additionalData: bytes(3) }, ["encrypt", "decrypt"]], [{ name: "AES-GCM", iv: bytes(20), tagLength: 96 }, ["encrypt", "decrypt"]], [{ name: "AES-CBC", iv: bytes(16) }, ["encrypt", "decrypt"]],
      [{ name: "AES-CTR", counter: bytes(16), length: 64 }, ["encrypt", "decrypt"]], [{ name: "AES-CTR", counter: Buffer.alloc(16, 255), length: 2 }, ["encrypt", "decrypt"]],
    ]) {
      const key = await subtle.importKey("raw", bytes(32), algorithm.name, true, usages);
      const sealed = await subtle.encrypt(algorithm, key, bytes(33));
      results.push(hex(sealed), hex(await subtle.decrypt(algorithm, key, sealed)), await subtle.exportKey("jwk", key));
    }
    return results;
  },
  "subtle wrapping": async () => {
    const kek = await subtle.importKey("raw", bytes(16), "AES-KW", false, ["wrapKey", "unwrapKey"]);
    const key = await subtle.importKey("raw", bytes(32), "AES-GCM", true, ["encrypt"]);
    const wrapped = await subtle.wrapKey("raw", key, kek, "AES-KW");
    const again = await subtle.unwrapKey("raw", wrapped, kek, "AES-KW", "AES-GCM", true, ["decrypt"]);
    return [hex(wrapped), hex(await subtle.exportKey("raw", again))];
  },
  "subtle derivations": async ({ keys, others }) => {
    const password = await subtle.importKey("raw", bytes(5), "PBKDF2", false, ["deriveBits", "deriveKey"]);
    const input = await subtle.importKey("raw", bytes(5), "HKDF", false, ["deriveBits"]);
    const pkcs8 = (pem) => crypto.createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
    const spki = (pem) => crypto.createPublicKey(pem).export({ type: "spki", format: "der" });
    const ecdh = { name: "ECDH", namedCurve: "P-256" };
    const mine = await subtle.importKey("pkcs8", pkcs8(keys.p256), ecdh, true, ["deriveBits", "deriveKey"]);
    const theirs = await subtle.importKey("spki", spki(others.p256), ecdh, true, []);
    const derived = await subtle.deriveKey({ name: "PBKDF2", salt: bytes(8), iterations: 10, hash: "SHA-256" }, password, { name: "AES-GCM", length: 256 }, true, ["encrypt"]);
    return [
      hex(await subtle.deriveBits({ name: "PBKDF2", salt: bytes(8), iterations: 10, hash: "SHA-512" }, password, 256)), hex(await subtle.exportKey("raw", derived)),
      hex(await subtle.deriveBits({ name: "HKDF", salt: bytes(8), info: bytes(2), hash: "SHA-256" }, input, 512)), hex(await subtle.deriveBits({ name: "ECDH", public: theirs }, mine, 256)),
      hex(await subtle.exportKey("raw", theirs)), await subtle.exportKey("jwk", mine), hex(await subtle.exportKey("spki", theirs)),
    ];
  },
  "subtle key pairs": async ({ keys }) => {
    const results = [];
    for (const [name, algorithm, usage] of [["rsa", { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, "sign"], ["rsa", { name: "RSA-PSS", hash: "SHA-384" }, "sign"], ["rsa", { name: "RSA-OAEP", hash: "SHA-1" }, "decrypt"], ["p384", { name: "ECDSA", namedCurve: "P-384" }, "sign"], ["ed25519", { name: "Ed25519" }, "sign"]]) {
      const key = await subtle.importKey("pkcs8", crypto.createPrivateKey(keys[name]).export({ type: "pkcs8", format: "der" }), algorithm, true, [usage]);
      results.push(await subtle.exportKey("jwk", key), hex(await subtle.exportKey("pkcs8", key)), { ...key.algorithm, publicExponent: key.algorithm.publicExponent && hex(key.algorithm.publicExponent) });
    }
    return results;
  },
  "subtle signatures that follow from the key": async ({ keys }) => {
    const jwk = crypto.createPrivateKey(keys.rsa).export({ format: "jwk" });
    const key = await subtle.importKey("jwk", jwk, { name: "RSASSA-PKCS1-v1_5", hash: { name: "SHA-512" } }, false, ["sign"]);
    const ed = await subtle.importKey("jwk", crypto.createPrivateKey(keys.ed25519).export({ format: "jwk" }), { name: "Ed25519" }, false, ["sign"]);
    return [hex(await subtle.sign(key.algorithm, key, bytes(9))), hex(await subtle.sign("Ed25519", ed, bytes(9)))];
  },
  "subtle errors": async () => {
    const gcm = await subtle.importKey("raw", bytes(16), "AES-GCM", false, ["encrypt", "decrypt"]);
    const password = await subtle.importKey("raw", bytes(5), "PBKDF2", false, ["deriveBits"]);
    const results = [];
    for (const work of [
      () => subtle.digest("no", bytes(1)), () => subtle.importKey("raw", bytes(5), "AES-GCM", true, ["encrypt"]), () => subtle.importKey("raw", bytes(16), "AES-GCM", true, ["sign"]),
      () => subtle.importKey("pkcs8", bytes(16), { name: "RSA-PSS", hash: "SHA-256" }, true, ["sign"]), () => subtle.importKey("jwk", { kty: "no" }, { name: "RSA-PSS", hash: "SHA-256" }, true, ["sign"]),
      () => subtle.decrypt({ name: "AES-GCM", iv: bytes(12) }, gcm, bytes(40)), () => subtle.generateKey({ name: "AES-GCM", length: 12 }, false, ["encrypt"]), () => subtle.generateKey({ name: "ECDSA", namedCurve: "P-1" }, false, ["sign"]),
      () => subtle.deriveBits({ name: "PBKDF2", salt: bytes(1), iterations: 0, hash: "SHA-256" }, password, 16),
    ]) results.push(await rejected(work));
    return results.map(({ name, dom }) => [name, dom]);
  },
  "keys between the two": async ({ keys }) => {
    const key = crypto.createPrivateKey(keys.p256);
    const made = await subtle.importKey("pkcs8", key.export({ type: "pkcs8", format: "der" }), { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    return [crypto.KeyObject.from(made).equals(key), crypto.verify("sha256", Buffer.from("a"), keys.p256, crypto.sign("sha256", Buffer.from("a"), made))];
  },
};

const data = Buffer.from("what is signed or sealed");

const pairs = {
  "RSA-PSS": { make: ({ keys }) => hex(crypto.sign("sha256", data, { key: keys.rsa, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })), check: ({ keys }, made) => crypto.verify("sha256", data, { key: keys.rsa, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, Buffer.from(made, "hex")) },
  "RSA-PSS with the longest salt": { make: ({ keys }) => hex(crypto.sign("sha512", data, { key: keys.rsa, padding: crypto.constants.RSA_PKCS1_PSS_PADDING })), check: ({ keys }, made) => crypto.verify("sha512", data, { key: keys.rsa, padding: crypto.constants.RSA_PKCS1_PSS_PADDING }, Buffer.from(made, "hex")) },
  ...Object.fromEntries(["p256", "p384", "p521", "k256"].flatMap((name) => ["der", "ieee-p1363"].map((dsaEncoding) => [`ECDSA on ${name} in ${dsaEncoding}`, {
    make: ({ keys }) => hex(crypto.createSign("sha384").update(data).sign({ key: keys[name], dsaEncoding })),
    check: ({ keys }, made) => crypto.createVerify("sha384").update(data).verify({ key: keys[name], dsaEncoding }, made, "hex"),
  }]))),
  "RSA-OAEP": { make: ({ keys }) => hex(crypto.publicEncrypt({ key: keys.rsa, oaepHash: "sha256", oaepLabel: Buffer.from("label") }, data)), check: ({ keys }, made) => crypto.privateDecrypt({ key: keys.rsa, oaepHash: "sha256", oaepLabel: Buffer.from("label") }, Buffer.from(made, "hex")).equals(data) },
  "RSA-OAEP by default": { make: ({ keys }) => hex(crypto.publicEncrypt(keys.rsa, data)), check: ({ keys }, made) => crypto.privateDecrypt(keys.rsa, Buffer.from(made, "hex")).equals(data) },
  "an encrypted key": { make: ({ keys }) => crypto.createPrivateKey(keys.p256).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "ps" }), check: ({ keys }, made) => crypto.createPrivateKey({ key: made, passphrase: "ps" }).equals(crypto.createPrivateKey(keys.p256)) },
  ...Object.fromEntries(["aes-128-cbc", "des-ede3-cbc"].flatMap((cipher) => [["rsa", "pkcs1"], ["p256", "sec1"], ["k256", "pkcs8"], ["k256", "sec1"]].map(([name, type]) => [`a key on ${name} as ${type} under ${cipher}`, {
    make: ({ keys }) => crypto.createPrivateKey(keys[name]).export({ type, format: "pem", cipher, passphrase: "ps" }),
    check: ({ keys }, made) => crypto.createPrivateKey({ key: made, passphrase: "ps" }).equals(crypto.createPrivateKey(keys[name])),
  }]))),
  "new keys on secp256k1": { make: () => signedByNew("ec", { namedCurve: "secp256k1" }), check: verifiedByNew },
  "new RSA keys": { make: () => signedByNew("rsa", { modulusLength: 2048 }), check: verifiedByNew },
  "new EC keys": { make: () => signedByNew("ec", { namedCurve: "P-256" }), check: verifiedByNew },
  "new Ed25519 keys": { make: () => signedByNew("ed25519"), check: verifiedByNew },
  "subtle ECDSA": {
    make: async ({ keys }) => hex(await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, await subtleKey(keys.p256, { name: "ECDSA", namedCurve: "P-256" }, "sign"), data)),
    check: async ({ keys }, made) => subtle.verify({ name: "ECDSA", hash: "SHA-256" }, await subtleKey(keys.p256, { name: "ECDSA", namedCurve: "P-256" }, "verify"), Buffer.from(made, "hex"), data),
  },
  "subtle RSA-PSS": {
    make: async ({ keys }) => hex(await subtle.sign({ name: "RSA-PSS", saltLength: 20 }, await subtleKey(keys.rsa, { name: "RSA-PSS", hash: "SHA-256" }, "sign"), data)),
    check: async ({ keys }, made) => subtle.verify({ name: "RSA-PSS", saltLength: 20 }, await subtleKey(keys.rsa, { name: "RSA-PSS", hash: "SHA-256" }, "verify"), Buffer.from(made, "hex"), data),
  },
  "subtle RSA-OAEP": {
    make: async ({ keys }) => hex(await subtle.encrypt({ name: "RSA-OAEP" }, await subtleKey(keys.rsa, { name: "RSA-OAEP", hash: "SHA-256" }, "encrypt"), data)),
    check: async ({ keys }, made) => data.equals(Buffer.from(await subtle.decrypt({ name: "RSA-OAEP" }, await subtleKey(keys.rsa, { name: "RSA-OAEP", hash: "SHA-256" }, "decrypt"), Buffer.from(made, "hex")))),
  },
  "subtle new keys": {
    make: async () => {
      const { publicKey, privateKey } = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, ["sign", "verify"]);
      return { jwk: await subtle.exportKey("jwk", publicKey), signature: hex(await subtle.sign({ name: "ECDSA", hash: "SHA-384" }, privateKey, data)) };
    },
    check: async (_, { jwk, signature }) => subtle.verify({ name: "ECDSA", hash: "SHA-384" }, await subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-384" }, true, ["verify"]), Buffer.from(signature, "hex"), data),
  },
};

function signedByNew(type, options) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync(type, { ...options, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
  return { publicKey, signature: hex(crypto.sign(type === "ed25519" ? null : "sha256", data, privateKey)) };
}

function verifiedByNew(_, { publicKey, signature }) {
  return crypto.verify(publicKey.length < 130 ? null : "sha256", data, publicKey, Buffer.from(signature, "hex"));
}

function subtleKey(pem, algorithm, usage) {
  const secret = usage === "sign" || usage === "decrypt";
  const key = secret ? crypto.createPrivateKey(pem) : crypto.createPublicKey(pem);
  return subtle.importKey(secret ? "pkcs8" : "spki", key.export({ type: secret ? "pkcs8" : "spki", format: "der" }), algorithm, true, [usage]);
}

const attempted = async (work) => {
  try {
    return await work();
  } catch (error) {
    return { failed: String(error.stack || error) };
  }
};

// all runs every case; what the other side made is checked, when there is any.
exports.all = async (fixtures, theirs) => {
  const results = {};
  for (const name in cases) results[name] = (await attempted(() => cases[name](fixtures))) ?? null;
  const made = {};
  for (const name in pairs) made[name] = await attempted(() => pairs[name].make(fixtures));
  const checked = {};
  for (const name in theirs) checked[name] = await attempted(() => pairs[name].check(fixtures, theirs[name]));
  return { results, made, checked };
};
