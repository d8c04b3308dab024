// post of JSON, get with params, the error of a 404, two at once
// 201 POST /users {"id":"1","ok":true}
// 200 GET /search {"found":2}
// 200 GET /slow {}
// 200 POST /form {}
import axios from "axios-0.27";

const client = axios.create({ baseURL: event.secrets.URL, headers: { Authorization: `Bearer ${event.secrets.TOKEN}` } });
const made = await client.post("/users", { id: event.user.user_id, email: event.user.email });
console.log(made.status, made.data, made.headers["content-type"]);
const { data } = await client.get("/search", { params: { q: "a b&c", tags: ["x", "y"] } });
console.log(data);
await client.get("/missing").catch((error) => console.log(axios.isAxiosError(error), error.code, error.response.status, error.message));
const both = await Promise.all([client.get("/slow"), client.get("/slow")]);
console.log(both.map((one) => one.status));
await client.post("/form", new URLSearchParams({ a: "1", b: "ö" }));
