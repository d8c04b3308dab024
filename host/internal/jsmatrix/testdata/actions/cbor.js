// encode, decodeFirst
import cbor from "cbor";

const bytes = cbor.encode({ a: [1, -1, 1.5, null], b: "ö", c: new Date(0) });
console.log(bytes.toString("hex"), await cbor.decodeFirst(bytes), cbor.decode(bytes).b);
