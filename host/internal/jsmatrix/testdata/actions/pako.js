// deflate, gzip, both ways
import * as pako from "pako";

const closed = pako.deflate("hello hello hello");
console.log(Buffer.from(closed).toString("hex"), pako.inflate(closed, { to: "string" }), pako.ungzip(pako.gzip("jö"), { to: "string" }));
