// inspect
import { inspect } from "node-inspect-extracted";

console.log(inspect({ a: [1, new Map([[1, { b: new Date(0) }]])], f() {}, s: Symbol("x") }, { depth: 4 }), inspect("it's"));
