// encode, decode
import Sqids from "sqids"; // .default

const sqids = new (Sqids.default ?? Sqids)({ minLength: 8 });
console.log(sqids.encode([1, 2, 3]), sqids.decode(sqids.encode([1, 2, 3])));
