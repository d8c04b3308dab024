// createUser, the error of a wrong one
// 400 POST fa.example.com/api/user ~nobody {"fieldErrors":{"user.email":[{"code":"[invalid]"}]}}
// 200 POST fa.example.com/api/user {"user":{"id":"u1"}}
import { FusionAuthClient } from "@fusionauth/typescript-client";

const client = new FusionAuthClient(event.secrets.TOKEN, "https://fa.example.com");
console.log((await client.createUser("", { user: { email: event.user.email } })).response.user.id);
await client.createUser("", { user: { email: "nobody" } }).catch((error) => console.log(error.statusCode, Object.keys(error.exception.fieldErrors)));
