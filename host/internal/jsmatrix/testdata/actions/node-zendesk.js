// users.create, the error of one that is there
// 422 POST acme.zendesk.com/api/v2/users ~twice {"error":"RecordInvalid","description":"exists"}
// 201 POST acme.zendesk.com/api/v2/users {"user":{"id":7,"email":"jo@example.com"}}
import zendesk from "node-zendesk";

const client = zendesk.createClient({ username: "bot@example.com", token: event.secrets.TOKEN, subdomain: "acme" });
console.log((await client.users.create({ user: { email: event.user.email, name: "Jö" } })).result.id);
await client.users.create({ user: { email: "twice@example.com" } }).catch((error) => console.log(error.statusCode, error.message));
