// JSON, a query, the error of a 404
// 404 GET /none {"error":"not found"}
// 201 POST /users {"id":"1"}
import { ofetch } from "ofetch";

console.log(await ofetch("/users", { baseURL: event.secrets.URL, method: "POST", body: { email: event.user.email }, query: { a: 1 } }));
await ofetch(`${event.secrets.URL}/none`, { retry: 0 }).catch((error) => console.log(error.name, error.status, error.data));
