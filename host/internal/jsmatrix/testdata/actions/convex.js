// ConvexHttpClient: a mutation, the error of a function
// 200 POST acme.convex.cloud/api/mutation {"status":"success","value":"id1","logLines":[]}
// 560 POST acme.convex.cloud/api/query {"status":"error","errorMessage":"no such function","logLines":[]}
import { ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";

const client = new ConvexHttpClient("https://acme.convex.cloud", { logger: false });
console.log(await client.mutation(anyApi.users.add, { email: event.user.email }));
await client.query(anyApi.users.none, {}).catch((error) => console.log(error.name, error.message));
