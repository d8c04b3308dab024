// merge with arrays
import deepmerge from "deepmerge";

console.log(deepmerge({ a: [1], b: { c: 1 } }, { a: [2], b: { d: 2 } }), deepmerge.all([{ a: 1 }, { b: 2 }]));
