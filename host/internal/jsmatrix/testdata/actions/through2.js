// a transform
import through2 from "through2"; // .default

const out = [];
const stream = through2.obj((n, _, next) => next(null, n * 2));
stream.on("data", (n) => out.push(n));
stream.write(1);
stream.end(2);
await new Promise((resolve) => stream.on("end", resolve));
console.log(out);
