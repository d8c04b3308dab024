// a queue with priorities
import PQueue from "p-queue"; // .default

const queue = new PQueue({ concurrency: 1 });
const seen = [];
queue.add(async () => seen.push("a"));
queue.add(async () => seen.push("b"));
queue.add(async () => seen.push("c"), { priority: 1 });
await queue.onIdle();
console.log(seen);
