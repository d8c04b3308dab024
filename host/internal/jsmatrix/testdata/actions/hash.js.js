// SHA-224, RIPEMD-160, HMAC
import hash from "hash.js";

console.log(hash.sha224().update("hello").digest("hex"), hash.ripemd160().update("hello").digest("hex"), hash.hmac(hash.sha256, "key").update("hello").digest("hex"));
