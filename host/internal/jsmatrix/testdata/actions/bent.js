// JSON, the error of a status that was not asked for
// 404 GET /none {"error":"not found"}
// 201 POST /users {"id":"1"}
import bent from "bent";

console.log(await bent(event.secrets.URL, "POST", "json", 201)("/users", { email: event.user.email }, { "X-Trace": "7" }));
await bent(event.secrets.URL, "json")("/none").catch((error) => console.log(error.name, error.statusCode));
