// api().post, the error of a user that is there
// 400 POST graph.microsoft.com/v1.0/users ~twice {"error":{"code":"Request_BadRequest","message":"exists"}}
// 201 POST graph.microsoft.com/v1.0/users {"id":"u1"}
import { Client } from "@microsoft/microsoft-graph-client";

const client = Client.init({ authProvider: (done) => done(null, event.secrets.TOKEN) });
console.log((await client.api("/users").post({ mail: event.user.email })).id);
await client.api("/users").select("id").post({ mail: "twice@example.com" }).catch((error) => console.log(error.name, error.statusCode, error.code));
