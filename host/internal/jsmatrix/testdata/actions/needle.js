// JSON, a form, a query
// 200 GET /search {"found":2}
// 201 POST /users {"id":"1"}
import needle from "needle";

const made = await needle("post", `${event.secrets.URL}/users`, { email: event.user.email }, { json: true });
console.log(made.statusCode, made.body);
console.log((await needle("get", `${event.secrets.URL}/search`, { q: "a b" })).body);
await needle("post", `${event.secrets.URL}/form`, "a=1&b=2", { headers: { "X-Trace": "7" } });
