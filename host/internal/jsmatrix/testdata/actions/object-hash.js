// hashes of objects, with options
import hash from "object-hash";

console.log(hash({ b: 1, a: [1, new Date(0), /x/, null, undefined, new Map([[1, 2]]), new Set([3])] }), hash({ a: 1 }, { algorithm: "md5", encoding: "base64" }));
