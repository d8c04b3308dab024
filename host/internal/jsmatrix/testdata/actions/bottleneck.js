// a limiter
import Bottleneck from "bottleneck";

const limiter = new Bottleneck({ maxConcurrent: 1, minTime: 1 });
console.log(await Promise.all([1, 2].map((n) => limiter.schedule(async () => n * 2))), limiter.counts().DONE);
