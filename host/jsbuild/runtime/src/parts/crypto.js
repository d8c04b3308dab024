// Cryptography: node:crypto, and the web's on the global object.
import "./stream.js";
import { nodeCrypto } from "../crypto/index.js";
import { builtins } from "../node/index.js";

builtins.crypto = nodeCrypto;
