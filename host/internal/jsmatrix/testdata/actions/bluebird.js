// map, promisify, timeout
import Promise_ from "bluebird";

console.log(await Promise_.map([1, 2, 3], (n) => Promise_.delay(1, n * 2), { concurrency: 2 }), await Promise_.promisify((a, done) => done(null, a + 1))(1));
await Promise_.delay(1000).timeout(5).catch(Promise_.TimeoutError, (error) => console.log(error.name, error.message));
