// ulid of a time, decodeTime, monotonic
import { decodeTime, monotonicFactory, ulid } from "ulid";

const next = monotonicFactory();
console.log(ulid(1700000000000).slice(0, 10), decodeTime(ulid(1700000000000)), next(1) < next(1));
