// version 0.21.4: JSON, a form-data body, bytes, no redirects, a basic authorization
// 302 GET /moved [Location: /search] moved
// 200 GET /bytes bytes
// 200 GET /search {"found":2}
import axios from "axios-0.21";
import FormData from "form-data";

const client = axios.create({ baseURL: event.secrets.URL, auth: { username: "ü", password: "p" } });
console.log((await client.post("/users", { email: event.user.email })).status, (await client.get("/search")).data);
const form = new FormData();
form.setBoundary("usher-boundary");
form.append("a", "ö");
await client.post("/upload", form, { headers: form.getHeaders() });
console.log((await client.get("/bytes", { responseType: "arraybuffer" })).data.toString("base64"));
await client.get("/moved", { maxRedirects: 0 }).catch((error) => console.log(error.response.status, error.response.headers.location));
