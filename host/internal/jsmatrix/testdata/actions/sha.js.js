// a stream of SHA-1, SHA-512
import createHash from "sha.js";

console.log(createHash("sha1").update("hello").digest("hex"), createHash("sha512").update("jö", "utf8").digest("base64"));
