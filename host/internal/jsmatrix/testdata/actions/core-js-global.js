// all polyfills at once
import "core-js/stable/index.js";

console.log(Object.groupBy([1, 2, 3], (n) => (n % 2 ? "odd" : "even")).odd, [3, 1].toSorted(), "a-b".replaceAll("-", "+"));
