// post of JSON, searchParams, a form, the error of a 404
// 201 POST /users {"id":"1","ok":true}
// 200 GET /search {"found":2}
// 200 POST /form {}
import got from "got"; // .default

const api = got.extend({ prefixUrl: event.secrets.URL, headers: { "x-trace": "7" }, retry: { limit: 0 } });
console.log(await api.post("users", { json: { id: event.user.user_id } }).json());
console.log(await api.get("search", { searchParams: { q: "a b" } }).json());
await api.post("form", { form: { a: "1", b: "ö" } });
await api.get("missing").catch((error) => console.log(error.name, error.code, error.response.statusCode));
