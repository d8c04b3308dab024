// polyfills by name
import flatMap from "core-js-pure/actual/array/flat-map.js";
import structuredClone_ from "core-js-pure/actual/structured-clone.js";

console.log(flatMap([1, 2], (n) => [n, n * 2]), structuredClone_({ a: new Date(0), b: new Map([[1, 2]]) }));
