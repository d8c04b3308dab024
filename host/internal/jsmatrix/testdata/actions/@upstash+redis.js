// set, get, a pipeline
// 200 POST eu1.upstash.io/pipeline [{"result":1},{"result":"OK"}]
// 200 POST eu1.upstash.io ~get {"result":"v"}
// 200 POST eu1.upstash.io {"result":"OK"}
import { Redis } from "@upstash/redis";

const redis = new Redis({ url: "https://eu1.upstash.io", token: event.secrets.TOKEN, responseEncoding: false, enableAutoPipelining: false });
console.log(await redis.set("k", { id: event.user.user_id }, { ex: 60 }), await redis.get("k"));
console.log(await redis.pipeline().incr("n").set("m", 1).exec());
