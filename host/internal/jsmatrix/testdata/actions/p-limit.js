// a limit of two
import pLimit from "p-limit"; // .default

const limit = pLimit(2);
let most = 0, now = 0;
console.log(await Promise.all([1, 2, 3, 4].map((n) => limit(async () => { most = Math.max(most, ++now); await new Promise((r) => setTimeout(r, 1)); now--; return n; }))), most);
