// What axios does in Node, case by case. AXIOS is one of its versions.
const axios = require("AXIOS");
const FormDataPackage = require("form-data");
const http = require("http");
const { Readable } = require("stream");

const read = async (stream) => { const parts = []; for await (const part of stream) parts.push(part); return Buffer.concat(parts).toString(); };
const headersOf = (headers) => Object.entries({ ...headers }).filter(([name]) => /^(x-|set-cookie|content-type|location)/.test(name)).map(([name, value]) => `${name}=${value}`).sort().join(";");
const shown = (data) => (Buffer.isBuffer(data) ? `Buffer ${data.toString("base64")}` : data instanceof Readable ? "Readable" : `${typeof data} ${JSON.stringify(data)}`);
const answer = (r) => `${r.status} ${r.statusText} ${headersOf(r.headers)} ${shown(r.data)}`;
const failure = (e) => `${e.name} ${e.code} ${e.message} ${e.isAxiosError} ${e.response ? answer(e.response) : "without a response"} ${e.cause ? `because ${e.cause.code}` : ""} ${axios.isCancel(e)} ${typeof e.request}`;

const cases = {
  "a get": (base) => axios.get(`${base}/a`, { params: { list: [1, 2], text: "ä b" } }),
  "json": (base) => axios.post(`${base}/a`, { a: "ü", none: null }, { headers: { Authorization: "Bearer t", "X-Own": "1" }, timeout: 5000 }),
  "a string": (base) => axios.post(`${base}/a`, "plain=1"),
  "nothing": (base) => axios.post(`${base}/a`),
  "a buffer": (base) => axios.put(`${base}/a`, Buffer.from([0, 255, 1]), { headers: { "Content-Type": "application/octet-stream" } }),
  "bytes": (base) => axios.patch(`${base}/a`, new Uint8Array([65, 66]).buffer),
  "a form": (base) => axios.post(`${base}/a`, new URLSearchParams({ a: "1 2", b: "ü" })),
  "the package form-data": (base) => { const f = new FormDataPackage(); f.append("a", "1"); f.append("file", Buffer.from("bytes"), { filename: "x.txt", contentType: "text/plain" }); return axios.post(`${base}/a`, f, { headers: f.getHeaders() }); },
  "form-data without its headers": (base) => { const f = new FormDataPackage(); f.append("a", "1"); return axios.post(`${base}/a`, f); },
  "form-data with a stream": (base) => { const f = new FormDataPackage(); f.append("s", Readable.from(["x", "y"]), { filename: "s.txt", knownLength: 2 }); return axios.post(`${base}/a`, f, { headers: f.getHeaders() }); },
  "a stream": (base) => axios.post(`${base}/a`, Readable.from(["a", "b"])),
  "a delete with a body": (base) => axios.delete(`${base}/a`, { data: { a: 1 } }),
  "a head": (base) => axios.head(`${base}/a`),
  "a user": (base) => axios.get(`${base}/a`, { auth: { username: "ü", password: "p@ß" } }),
  "a user in the address": (base) => axios.get(`${base.replace("//", "//us%40er:p%20w@")}/a`),
  "several headers": (base) => axios.get(`${base}/a`, { headers: { "User-Agent": "mine", Cookie: "a=1", Accept: "text/plain" } }),
  "a status": (base) => axios.get(`${base}/status/404`),
  "a status that is accepted": (base) => axios.get(`${base}/status/503`, { validateStatus: () => true }),
  "a Buffer": (base) => axios.get(`${base}/bytes`, { responseType: "arraybuffer" }),
  "a stream of the answer": async (base) => { const r = await axios.get(`${base}/a`, { responseType: "stream" }); return { ...r, data: await read(r.data) }; },
  "text": (base) => axios.get(`${base}/a`, { responseType: "text", transformResponse: [(d) => d] }),
  "what is no JSON": (base) => axios.get(`${base}/notjson`),
  "bytes as text": (base) => axios.get(`${base}/bytes`),
  "packed": (base) => axios.get(`${base}/zipped`),
  "cookies": (base) => axios.get(`${base}/cookies`),
  "a redirect": (base) => axios.post(`${base}/redirect/302`, { a: 1 }),
  "a redirect with its body": (base) => axios.put(`${base}/redirect/307`, { a: 1 }),
  "a redirect that is not followed": (base) => axios.get(`${base}/redirect/302`, { maxRedirects: 0 }),
  "too long": (base) => axios.get(`${base}/slow`, { timeout: 400 }),
  "too long, in words": (base) => axios.get(`${base}/slow`, { timeout: 400, timeoutErrorMessage: "late" }),
  "too long, with another code": (base) => axios.get(`${base}/slow`, { timeout: 400, transitional: { clarifyTimeoutError: true } }),
  "aborted": (base) => { const c = new AbortController(); setTimeout(() => c.abort(), 400); return axios.get(`${base}/slow`, { signal: c.signal }); },
  "cancelled": (base) => { const s = axios.CancelToken.source(); setTimeout(() => s.cancel("stop"), 400); return axios.get(`${base}/slow`, { cancelToken: s.token }); },
  "refused": (_, closed) => axios.get(`${closed}/a`),
  "an address that is none": () => axios.get("http://[bad"),
  "another protocol": () => axios.get("ftp://h/x"),
  "a base and a default": (base) => axios.create({ baseURL: `${base}/v1/`, headers: { "X-Instance": "1" } }).get("/users"),
  "interceptors": (base) => { const i = axios.create(); i.interceptors.request.use((c) => { c.headers["X-Int"] = "1"; return c; }); i.interceptors.response.use((r) => ({ ...r, data: "seen" })); return i.get(`${base}/a`); },
  "a body over its limit": (base) => axios.post(`${base}/a`, "x".repeat(2000), { maxBodyLength: 1000 }),
  "an answer over its limit": (base) => axios.get(`${base}/a`, { maxContentLength: 5 }),
  "a transport": (base) => axios.get(`${base}/a`, { transport: { request: (o, f) => http.request({ ...o, path: "/other" }, f) } }),
  "what the request was": async (base) => { const { request, config } = await axios.get(`${base}/a?x=1`); return { status: 0, statusText: [request.method, request.path, request.host, request.protocol, request.res.statusCode, request instanceof http.ClientRequest, request.getHeader("accept")].join(" "), headers: {}, data: Object.keys({ ...config.headers }).sort() }; },
};

exports.onExecutePostUserRegistration = async (event) => {
  for (const name of Object.keys(cases)) console.log(`${name}: ${await cases[name](event.secrets.BASE, event.secrets.CLOSED).then(answer, failure)}`);
};
