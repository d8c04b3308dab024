// post of JSON, searchParams, hooks, a retry after a 503, HTTPError
// 201 POST /users {"id":"1","ok":true}
// 200 GET /search {"found":2}
// 503 GET /once-503 !
// 200 GET /once-503 up
import ky, { HTTPError } from "ky"; // .default

const api = ky.create({ prefixUrl: event.secrets.URL, retry: { limit: 1, delay: () => 1 }, hooks: { beforeRequest: [(request) => request.headers.set("X-Trace", "7")] } });
console.log(await api.post("users", { json: { id: event.user.user_id } }).json());
console.log(await api.get("search", { searchParams: { q: "a b" } }).json());
console.log(await api.get("once-503").text());
await api.get("missing").catch((error) => console.log(error instanceof HTTPError, error.response.status));
