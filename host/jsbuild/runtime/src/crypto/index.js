// Cryptography: node:crypto, and the web platform's crypto on the global
// object.
import { define } from "../web/idl.js";
import { CryptoKey } from "./cryptokey.js";
import { SubtleCrypto } from "./webcrypto.js";

export { nodeCrypto } from "./node.js";
export { webcrypto } from "./webrandom.js";

for (const [name, value] of Object.entries({ CryptoKey, SubtleCrypto })) define(globalThis, name, value);
