// Runs the cases under Node: prints the fixtures and their results, or,
// given what an action made, whether it is right.
"use strict";
const crypto = require("crypto");
const { all } = require("./cases.js");

function pems() {
  const pem = ({ privateKey }) => privateKey.export({ type: "pkcs8", format: "pem" });
  const ec = (namedCurve) => pem(crypto.generateKeyPairSync("ec", { namedCurve }));
  return { p256: ec("P-256"), p384: ec("P-384"), p521: ec("P-521"), k256: ec("secp256k1"), x25519: pem(crypto.generateKeyPairSync("x25519")), rsa: pem(crypto.generateKeyPairSync("rsa", { modulusLength: 2048 })), ed25519: pem(crypto.generateKeyPairSync("ed25519")) };
}

async function main() {
  const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const fixtures = input.fixtures ?? {
    keys: pems(), others: pems(), certificate: input.certificate,
    encrypted: crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-128-cbc", passphrase: "secret" }),
  };
  process.stdout.write(JSON.stringify({ fixtures, ...(await all(fixtures, input.made)) }));
}

main();
