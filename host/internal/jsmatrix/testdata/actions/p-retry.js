// a call that fails twice, AbortError
import pRetry, { AbortError } from "p-retry"; // .default

let n = 0;
console.log(await pRetry(async () => { if (++n < 3) throw new Error("not yet"); return n; }, { minTimeout: 1, retries: 5 }));
await pRetry(async () => { throw new AbortError("stop"); }).catch((error) => console.log(error.message));
