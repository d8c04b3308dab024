// memoize, a promise
import memoize from "memoizee";

let n = 0;
const f = memoize(async (x) => x + ++n, { promise: true });
console.log(await f(1), await f(1), await f(2));
