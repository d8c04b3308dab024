// keccak256, sha3_512, shake
import sha3 from "js-sha3";

console.log(sha3.keccak256("hello"), sha3.sha3_512("hello").slice(0, 20), sha3.shake128("hello", 64));
