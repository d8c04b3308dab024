// a connection
import Redis from "ioredis";

const redis = new Redis({ host: "127.0.0.1", port: 6379, lazyConnect: true, retryStrategy: null });
redis.on("error", () => {});
await redis.connect();
