// mapLimit, waterfall, retry
import async from "async";

console.log(await async.mapLimit([1, 2, 3], 2, async (n) => n * 2), await async.waterfall([async () => 1, async (n) => n + 1]), await async.retry({ times: 3, interval: 1 }, async () => "ok"));
