// What cryptography does without the host. What it does with it is compared
// with Node, in the real engine, by host/webcrypto.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, run } from "./engine.js";

const handler = (body) => `const crypto = require("node:crypto"); exports.onExecutePostUserRegistration = async () => { ${body} };`;
const logged = async (body, options) => {
  const { logs, error } = await run(handler(body), options);
  assert.equal(error, undefined);
  return logs.map(({ message }) => JSON.parse(message));
};

// framed is the host's answer: a head and bytes.
const framed = (head, body = "") => {
  const text = head ? JSON.stringify(head) : "";
  return new Uint8Array([text.length & 255, text.length >> 8, 0, 0, ...Buffer.from(text + body, "latin1")]);
};

test("a digest asks the host once, in the short form", async () => {
  const asked = [];
  const native = { crypto: (request) => asked.push(Buffer.from(request).toString("latin1")) && framed(null, "\x01\xff") };
  assert.deepEqual(await logged(`console.log(JSON.stringify(crypto.createHash("SHA-256").update("a").update(Buffer.from("b")).digest("hex")))`, { native }), ["01ff"]);
  assert.deepEqual(asked, ["\x0d\0\0\0digest sha256ab"]);
});

test("every other operation says in JSON what it is and how its bytes split", async () => {
  const asked = [];
  const native = { crypto: (request) => asked.push(request) && framed(null, "key") };
  await logged(`crypto.pbkdf2Sync("pass", "salt", 7, 3, "sha1")`, { native });
  const length = Buffer.from(asked[0]).readUInt32LE(0);
  assert.deepEqual(JSON.parse(Buffer.from(asked[0]).toString("utf8", 4, 4 + length)), { op: "pbkdf2", iterations: 7, length: 3, hash: "sha1", parts: [4, 4] });
  assert.equal(Buffer.from(asked[0]).toString("utf8", 4 + length), "passsalt");
});

test("what the host refuses is an error with Node's class and code", async () => {
  for (const [code, name] of [["ERR_CRYPTO_INVALID_KEYLEN", "RangeError"], ["ERR_MISSING_PASSPHRASE", "TypeError"], ["ERR_OSSL_BAD_DECRYPT", "Error"]]) {
    const native = { crypto: () => framed({ error: { name: "OperationError", message: "error:1C800064:Provider routines::bad decrypt", code } }) };
    const [reported] = await logged(`try { crypto.createPrivateKey("x") } catch (e) { console.log(JSON.stringify([e.name, e.code, e.message, e.reason ?? null])) }`, { native });
    assert.deepEqual(reported, [name, code, "error:1C800064:Provider routines::bad decrypt", code.startsWith("ERR_OSSL") ? "bad decrypt" : null]);
  }
});

test("what the host refuses is a DOMException of the web's crypto", async () => {
  const native = { crypto: () => framed({ error: { name: "OperationError", message: "no" } }) };
  const [reported] = await logged(
    `const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["decrypt"]);
     await crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(20)).catch((e) => console.log(JSON.stringify([e instanceof DOMException, e.name, e.cause.message])))`,
    { native },
  );
  assert.deepEqual(reported, [true, "OperationError", "no"]);
});

test("random values come from the run's own source", async () => {
  const native = { random: (n) => new Uint8Array(n).fill(0xab) };
  assert.deepEqual(await logged(`console.log(JSON.stringify([crypto.randomUUID(), crypto.randomBytes(2).toString("hex"), globalThis.crypto.getRandomValues(new Uint16Array(2))[1], globalThis.crypto.randomUUID()]))`, { native }), [
    ["abababab-abab-4bab-abab-abababababab", "abab", 0xabab, "abababab-abab-4bab-abab-abababababab"],
  ]);
});

test("a random number is as likely as the others", async () => {
  const draws = [[255, 255, 255, 255, 255, 255], [0, 0, 0, 0, 0, 7]]; // the first lies over the last whole range
  const native = { random: () => new Uint8Array(draws.shift()) };
  assert.deepEqual(await logged(`console.log(JSON.stringify(crypto.randomInt(10, 15)))`, { native }), [12]);
});

test("making the image asks neither for random bytes nor for the host", async () => {
  const asked = [];
  const native = { random: (n) => asked.push("random") && new Uint8Array(n), crypto: () => asked.push("crypto") && framed(null) };
  const action = await load(handler(""), { native });
  action.dispose();
  assert.deepEqual(asked, []);
});

test("what is not there says what to use instead", async () => {
  const [reported] = await logged(`try { crypto.createDiffieHellman(512) } catch (e) { console.log(JSON.stringify([e.code, e.message])) }`);
  assert.deepEqual(reported, ["ERR_SANDBOX_UNSUPPORTED", "crypto.createDiffieHellman() is not available in an action: use ECDH or X25519 (crypto.createECDH, crypto.diffieHellman)"]);
});

test("callbacks come in a later turn, and promisify knows the pairs", async () => {
  const native = { crypto: () => framed({ type: "ed25519", kind: "private", parts: [1, 1] }, "pq") };
  assert.deepEqual(
    await logged(
      `const { promisify } = require("util");
       crypto.randomBytes(1, () => console.log('"later"'));
       console.log('"now"');
       const { publicKey, privateKey } = await promisify(crypto.generateKeyPair)("ed25519");
       console.log(JSON.stringify([publicKey.type, privateKey.type, privateKey.asymmetricKeyType]));`,
      { native },
    ),
    ["now", "later", ["public", "private", "ed25519"]],
  );
});

test("a key is no one's to make or to change", async () => {
  const [reported] = await logged(
    `const bytes = Buffer.from("secret");
     const key = crypto.createSecretKey(bytes);
     bytes.fill(0);
     key.export().fill(0);
     const made = [crypto.KeyObject, CryptoKey, SubtleCrypto].map((Class) => { try { new Class(); return "made"; } catch (e) { return e.name; } });
     console.log(JSON.stringify([key.export().toString(), made]));`,
  );
  assert.deepEqual(reported, ["secret", ["TypeError", "TypeError", "TypeError"]]);
});
