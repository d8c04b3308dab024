// encode, decode
import Hashids from "hashids";

const hashids = new (Hashids.default ?? Hashids)("salt", 8);
console.log(hashids.encode(1, 2, 3), hashids.decode(hashids.encode(1, 2, 3)), hashids.encodeHex("507f1f77bcf86cd799439011"));
