// set, hget
// 200 POST kv.vercel-storage.com {"result":"OK"}
import { createClient } from "@vercel/kv";

const kv = createClient({ url: "https://kv.vercel-storage.com", token: event.secrets.TOKEN, responseEncoding: false, enableAutoPipelining: false });
console.log(await kv.set("user", { id: 1 }), await kv.hget("user", "id"));
