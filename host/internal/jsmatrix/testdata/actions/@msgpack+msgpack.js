// encode, decode
import { decode, encode } from "@msgpack/msgpack";

const bytes = encode({ a: [1, -1, 1.5, null, true], b: "ö", c: new Date(0), d: new Uint8Array([1]) });
console.log(Buffer.from(bytes).toString("hex"), decode(bytes));
