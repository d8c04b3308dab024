// encrypt, decrypt, sign with a key of Node's
import * as rsa from "node-rsa";
import { generateKeyPairSync } from "crypto";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs1", format: "pem" } });
const key = new (rsa.NodeRSA ?? rsa.default)(privateKey);
console.log(key.decrypt(key.encrypt("hello", "base64"), "utf8"), key.verify("hello", key.sign("hello")), key.getKeySize());
