// a transform, pipeline
import { Readable, Transform, pipeline } from "readable-stream";

const out = [];
await new Promise((resolve, reject) => pipeline(Readable.from(["a", "b"]), new Transform({ objectMode: true, transform(c, _, next) { next(null, String(c).toUpperCase()); } }).on("data", (c) => out.push(c)), (error) => (error ? reject(error) : resolve())));
console.log(out);
