// JSON, a form, the error of a 404
// 404 GET /none {"error":"not found"}
// 200 POST /users {"id":"1"}
import rp from "request-promise";

console.log(await rp({ method: "POST", uri: `${event.secrets.URL}/users`, body: { email: event.user.email }, json: true }));
await rp.post({ uri: `${event.secrets.URL}/form`, form: { a: "1", b: "ö" } });
await rp(`${event.secrets.URL}/none`).catch((error) => console.log(error.name, error.statusCode));
