// Cryptography: node:crypto, and the web platform's crypto on the global
// object.
import { define } from "../web/idl.js";
import { CryptoKey } from "./cryptokey.js";
import { Crypto, SubtleCrypto, webcrypto } from "./webcrypto.js";

export { nodeCrypto } from "./node.js";
export { webcrypto };

for (const [name, value] of Object.entries({ Crypto, CryptoKey, SubtleCrypto })) define(globalThis, name, value);
Object.defineProperty(globalThis, "crypto", { get: () => webcrypto, set: undefined, enumerable: true, configurable: true });
