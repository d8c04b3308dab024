// the newest version: form-data, FormData, arraybuffer, stream in and out, no redirects, postForm
// 302 GET /moved [Location: /search] moved
// 200 GET /bytes bytes
// 200 GET /search {"found":2}
import axios from "axios";
import FormData from "form-data";
import { Readable } from "stream";

const client = axios.create({ baseURL: event.secrets.URL, validateStatus: (s) => s < 400 });
const form = new FormData();
form.setBoundary("usher-boundary");
form.append("a", "ö");
await client.post("/upload", form, { headers: form.getHeaders() });
const answer = await client.get("/bytes", { responseType: "arraybuffer" });
console.log(Buffer.isBuffer(answer.data), answer.data.toString("base64"));
let text = "";
for await (const part of (await client.get("/bytes", { responseType: "stream" })).data) text += part;
console.log(text);
await client.post("/upload", Readable.from(["a", "b"]), { headers: { "content-type": "text/plain" } });
const moved = await client.get("/moved", { maxRedirects: 0 });
console.log(moved.status, moved.headers.location);
console.log((await client.get("/search", { auth: { username: "ü", password: "p" }, params: { a: [1, 2] }, paramsSerializer: { indexes: null } })).data);
await axios.post(undefined).catch((error) => console.log(error.name, error.code));
