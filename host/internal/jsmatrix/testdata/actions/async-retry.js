// a call that fails twice, bail
import retry from "async-retry";

let n = 0;
console.log(await retry(async () => { if (++n < 3) throw new Error("not yet"); return n; }, { minTimeout: 1 }));
await retry(async (bail) => bail(new Error("stop")), { minTimeout: 1 }).catch((error) => console.log(error.message));
