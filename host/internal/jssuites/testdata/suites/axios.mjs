import axios from "axios";
import FormDataPackage from "form-data";
import http from "node:http";
import { Readable } from "node:stream";

const seen = async (promise) => (await promise).data;

describe("methods", () => {
  it("get", async () => eq((await seen(axios.get(at("/echo")))).method, "GET"));
  it("delete", async () => eq((await seen(axios.delete(at("/echo")))).method, "DELETE"));
  it("delete with a body", async () => eq((await seen(axios.delete(at("/echo"), { data: { a: 1 } }))).body, '{"a":1}'));
  it("head", async () => {
    const answer = await axios.head(at("/echo"));
    eq([answer.headers["x-method"], answer.data], ["HEAD", ""]);
  });
  it("options", async () => eq((await seen(axios.options(at("/echo")))).method, "OPTIONS"));
  it("patch", async () => eq((await seen(axios.patch(at("/echo"), { a: 1 }))).method, "PATCH"));
  it("the function itself", async () => eq((await seen(axios(at("/echo"), { method: "put", data: "x" }))).method, "PUT"));
  it("request with a config", async () => eq((await seen(axios.request({ url: "/echo", baseURL: URL_, method: "POST" }))).method, "POST"));
});

describe("bodies", () => {
  it("an object is JSON", async () => {
    const r = await seen(axios.post(at("/echo"), { a: "ö" }));
    eq([r.body, r.headers["content-type"]], ['{"a":"ö"}', "application/json"]);
  });
  it("a string has the type of a form", async () => eq((await seen(axios.post(at("/echo"), "x"))).headers["content-type"], "application/x-www-form-urlencoded"));
  it("null is no body", async () => eq((await seen(axios.post(at("/echo"), null))).length, 0));
  it("URLSearchParams", async () => {
    const r = await seen(axios.post(at("/echo"), new URLSearchParams({ a: "ö b" })));
    eq([r.body, r.headers["content-type"]], ["a=%C3%B6+b", "application/x-www-form-urlencoded;charset=utf-8"]);
  });
  it("an object with the type of a form", async () => eq((await seen(axios.post(at("/echo"), { a: 1, b: [2, 3], c: { d: 4 } }, { headers: { "Content-Type": "application/x-www-form-urlencoded" } }))).body, "a=1&b%5B%5D=2&b%5B%5D=3&c%5Bd%5D=4"));
  it("a Buffer", async () => eq((await seen(axios.post(at("/echo"), Buffer.from([0, 255, 128])))).base64, "AP+A"));
  it("an ArrayBuffer", async () => eq((await seen(axios.post(at("/echo"), Uint8Array.of(1, 2).buffer))).base64, "AQI="));
  it("a typed array", async () => eq((await seen(axios.post(at("/echo"), Uint8Array.of(8, 7)))).base64, "CAc="));
  it("a stream", async () => eq((await seen(axios.post(at("/echo"), Readable.from(["a", "b"]), { headers: { "Content-Type": "text/plain" } }))).body, "ab"));
  it("a form of form-data", async () => {
    const form = new FormDataPackage();
    form.append("a", "ö");
    form.append("f", Buffer.from("x"), "f.txt");
    eq((await seen(axios.post(at("/form"), form, { headers: form.getHeaders() }))).parts.map((p) => [p.name, p.file, p.body]), [["a", "", "ö"], ["f", "f.txt", "x"]]);
  });
  it("a form of form-data without its headers", async () => {
    const form = new FormDataPackage();
    form.append("a", "1");
    eq((await seen(axios.post(at("/form"), form))).parts.length, 1);
  });
  it("a FormData", async () => {
    const form = new FormData();
    form.append("a", "ö");
    form.append("f", new Blob(["hello"], { type: "text/x" }), "f.txt");
    eq((await seen(axios.post(at("/form"), form))).parts.map((p) => [p.name, p.file, p.type, p.body]), [["a", "", "", "ö"], ["f", "f.txt", "text/x", "hello"]]);
  });
  it("a Blob", async () => eq((await seen(axios.post(at("/echo"), new Blob(["hello"], { type: "text/x" })))).body, "hello"));
  it("postForm", async () => eq((await seen(axios.postForm(at("/form"), { a: 1, "b[]": ["x", "y"] }))).parts.map((p) => [p.name, p.body]), [["a", "1"], ["b[]", "x"], ["b[]", "y"]]));
  it("toFormData nests", async () => eq((await seen(axios.postForm(at("/form"), { a: { b: [1, { c: 2 }] } }))).parts.map((p) => p.name), ["a[b][0]", "a[b][1][c]"]));
  it("transformRequest", async () => eq((await seen(axios.post(at("/echo"), { a: 1 }, { transformRequest: [(data, headers) => { headers.set("X-T", "1"); return data; }, ...axios.defaults.transformRequest] }))).headers["x-t"], "1"));
  it("a body that is too long", async () => fails(axios.post(at("/echo"), "x".repeat(100), { maxBodyLength: 10 }), { code: "ERR_BAD_REQUEST", message: /larger than maxBodyLength/ }));
  it("length of letters beyond ASCII", async () => eq((await seen(axios.post(at("/echo"), "öö"))).headers["content-length"], "4"));
});

describe("headers", () => {
  it("of one's own", async () => eq((await seen(axios.get(at("/echo"), { headers: { "X-A": "1" } }))).headers["x-a"], "1"));
  it("that are null are not sent", async () => eq((await seen(axios.get(at("/echo"), { headers: { Accept: null, "X-B": undefined } }))).headers["x-b"], undefined));
  it("the default Accept", async () => eq((await seen(axios.get(at("/echo")))).headers.accept, "application/json, text/plain, */*"));
  it("of an instance", async () => eq((await seen(axios.create({ headers: { common: { "X-C": "1" }, "X-D": "2" } }).get(at("/echo")))).headers["x-c"], "1"));
  it("of a method", async () => eq((await seen(axios.create({ headers: { post: { "X-P": "1" } } }).post(at("/echo")))).headers["x-p"], "1"));
  it("of an answer, whatever their case", async () => {
    const { headers } = await axios.get(at("/cookies"));
    eq([headers["x-many"], headers.get("X-Many"), headers.has("none")], ["one, two", "one, two", false]);
  });
  it("set-cookie is a list", async () => eq((await axios.get(at("/cookies"))).headers["set-cookie"], ["a=1; Path=/", "b=2; Path=/; HttpOnly"]));
  it("the user agent is axios's", async () => match((await seen(axios.get(at("/echo")))).headers["user-agent"], /^axios\/1\./));
  it("AxiosHeaders", () => {
    const h = new axios.AxiosHeaders({ "X-A": "1" }).setContentType("text/x");
    eq([h.get("x-a"), h.getContentType(), h.delete("x-a"), { ...h.toJSON() }], ["1", "text/x", true, { "Content-Type": "text/x" }]);
  });
});

describe("addresses", () => {
  it("baseURL joins with one slash", async () => eq((await seen(axios.get("/b", { baseURL: at("/echo/") }))).url, "/echo/b"));
  it("an absolute URL beats baseURL", async () => eq((await seen(axios.get(at("/echo"), { baseURL: "http://127.0.0.1:1" }))).url, "/echo"));
  it("params", async () => eq((await seen(axios.get(at("/echo?z=0"), { params: { a: "ö b", n: null, u: undefined, d: new Date(0), l: [1, 2], o: { x: 1 } } }))).url, "/echo?z=0&a=%C3%B6+b&d=1970-01-01T00:00:00.000Z&l%5B%5D=1&l%5B%5D=2&o%5Bx%5D=1"));
  it("params without a hash", async () => eq((await seen(axios.get(at("/echo#h"), { params: { a: 1 } }))).url, "/echo?a=1"));
  it("URLSearchParams as params", async () => eq((await seen(axios.get(at("/echo"), { params: new URLSearchParams("a=1&a=2") }))).url, "/echo?a=1&a=2"));
  it("paramsSerializer", async () => eq((await seen(axios.get(at("/echo"), { params: { a: [1, 2] }, paramsSerializer: { indexes: null } }))).url, "/echo?a=1&a=2"));
  it("a serializer of one's own", async () => eq((await seen(axios.get(at("/echo"), { params: { a: 1 }, paramsSerializer: { serialize: () => "q=7" } }))).url, "/echo?q=7"));
  it("getUri", () => eq(axios.getUri({ url: "http://a.example/x", params: { b: 1 } }), "http://a.example/x?b=1"));
  it("no URL", async () => fails(axios.get(undefined), { name: "TypeError", code: "ERR_INVALID_URL" }));
  it("an unknown protocol", async () => fails(axios.get("gopher://a.example/"), { name: "AxiosError" }));
  it("data URLs", async () => eq((await axios.get("data:text/plain;base64,aGVsbG8=", { responseType: "text" })).data, "hello"));
});

describe("authorization", () => {
  it("auth", async () => eq((await seen(axios.get(at("/echo"), { auth: { username: "u", password: "p" } }))).headers.authorization, "Basic dTpw"));
  it("auth beyond ASCII", async () => eq((await seen(axios.get(at("/echo"), { auth: { username: "ü", password: "x" } }))).headers.authorization, "Basic w7w6eA=="));
  it("in the URL", async () => eq((await seen(axios.get(at("/echo").replace("http://", "http://u:p%40@")))).headers.authorization, "Basic dTpwQA=="));
  it("auth beats the header", async () => eq((await seen(axios.get(at("/echo"), { auth: { username: "u", password: "p" }, headers: { Authorization: "no" } }))).headers.authorization, "Basic dTpw"));
  it("withXSRFToken does nothing in Node", async () => eq((await seen(axios.get(at("/echo"), { withXSRFToken: true }))).headers["x-xsrf-token"], undefined));
});

describe("answers", () => {
  it("JSON is parsed", async () => eq((await axios.get(at("/status/200"))).data, { status: 200 }));
  it("a byte order mark is dropped", async () => eq((await axios.get(at("/bom"))).data, { a: 1 }));
  it("text", async () => eq((await axios.get(at("/text"))).data, "hällo"));
  it("broken JSON is an error where it is not forgiven", async () => fails(axios.get(at("/broken"), { responseType: "json", transitional: { silentJSONParsing: false } }), { name: "SyntaxError" }));
  it("broken JSON stays text", async () => eq((await axios.get(at("/broken"))).data, '{"a":'));
  it("arraybuffer is a Buffer", async () => {
    const { data } = await axios.get(at("/bytes/8"), { responseType: "arraybuffer" });
    ok(Buffer.isBuffer(data));
    eq(data.toString("hex"), "00ff806100ff8061");
  });
  it("stream", async () => {
    const { data } = await axios.get(at("/bytes/4"), { responseType: "stream" });
    ok(data instanceof Readable);
    const parts = [];
    for await (const part of data) parts.push(part);
    eq(Buffer.concat(parts).toString("hex"), "00ff8061");
  });
  it("responseEncoding", async () => eq((await axios.get(at("/latin"), { responseEncoding: "latin1" })).data, "hällo"));
  it("gzip", async () => eq((await axios.get(at("/gzip"))).data, "hello gzip"));
  it("no content", async () => {
    const answer = await axios.get(at("/status/204"));
    eq([answer.status, answer.statusText, answer.data], [204, "No Content", ""]);
  });
  it("transformResponse", async () => eq((await axios.get(at("/text"), { transformResponse: [(d, headers, status) => [d.length, status]] })).data, [5, 200]));
  it("statusText and config", async () => {
    const answer = await axios.get(at("/status/201"));
    eq([answer.statusText, answer.config.method, answer.config.url], ["Created", "get", at("/status/201")]);
  });
  it("maxContentLength", async () => fails(axios.get(at("/bytes/1000"), { maxContentLength: 10 }), { code: "ERR_BAD_RESPONSE", message: /maxContentLength size of 10 exceeded/ }));
  it("the request is node:http's", async () => ok((await axios.get(at("/text"))).request instanceof http.ClientRequest));
  it("responseUrl after redirects", async () => eq((await axios.get(at("/hops/2"))).request.res.responseUrl, at("/echo")));
});

describe("redirects", () => {
  it("are followed", async () => eq((await seen(axios.get(at("/hops/3")))).url, "/echo"));
  it("maxRedirects 0", async () => {
    await fails(axios.get(at("/redirect/302?to=/echo"), { maxRedirects: 0 }), { code: "ERR_BAD_RESPONSE", message: "Request failed with status code 302" });
    eq((await axios.get(at("/redirect/302?to=/echo"), { maxRedirects: 0, validateStatus: () => true })).headers.location, "/echo");
  });
  it("too many", async () => fails(axios.get(at("/hops/4"), { maxRedirects: 2 }), { code: "ERR_FR_TOO_MANY_REDIRECTS" }));
  it("303 becomes a get", async () => {
    const r = await seen(axios.post(at("/redirect/303?to=/echo"), { a: 1 }));
    eq([r.method, r.length], ["GET", 0]);
  });
  it("307 keeps method and body", async () => {
    const r = await seen(axios.post(at("/redirect/307?to=/echo"), { a: 1 }));
    eq([r.method, r.body], ["POST", '{"a":1}']);
  });
  it("beforeRedirect", async () => {
    let to = "";
    await axios.get(at("/redirect/302?to=/echo"), { beforeRedirect: (options) => { to = options.path; } });
    eq(to, "/echo");
  });
});

describe("errors", () => {
  it("404", async () => {
    const error = await axios.get(at("/status/404")).catch((e) => e);
    eq([error.name, error.code, error.message, error.response.status, error.response.data, error.status, axios.isAxiosError(error), error instanceof axios.AxiosError], ["AxiosError", "ERR_BAD_REQUEST", "Request failed with status code 404", 404, { status: 404 }, 404, true, true]);
  });
  it("500", async () => fails(axios.get(at("/status/500")), { code: "ERR_BAD_RESPONSE" }));
  it("validateStatus", async () => eq((await axios.get(at("/status/404"), { validateStatus: (s) => s < 500 })).status, 404));
  it("refused", async () => {
    const error = await axios.get(CLOSED).catch((e) => e);
    eq([error.code, error.cause?.code, error.response, axios.isAxiosError(error)], ["ECONNREFUSED", "ECONNREFUSED", undefined, true]);
  });
  it("reset", async () => fails(axios.get(at("/reset")), { code: "ECONNRESET" }));
  it("timeout", async () => fails(axios.get(at("/slow"), { timeout: 50 }), { code: "ECONNABORTED", message: "timeout of 50ms exceeded" }));
  it("timeoutErrorMessage", async () => fails(axios.get(at("/slow"), { timeout: 50, timeoutErrorMessage: "too slow", transitional: { clarifyTimeoutError: true } }), { code: "ETIMEDOUT", message: "too slow" }));
  it("toJSON", async () => {
    const json = (await axios.get(at("/status/400")).catch((e) => e)).toJSON();
    eq([json.name, json.code, json.status, json.config.method], ["AxiosError", "ERR_BAD_REQUEST", 400, "get"]);
  });
});

describe("cancelling", () => {
  it("a signal", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const error = await axios.get(at("/slow"), { signal: controller.signal }).catch((e) => e);
    eq([error.code, error.name, axios.isCancel(error)], ["ERR_CANCELED", "CanceledError", true]);
  });
  it("a signal that is aborted before", async () => fails(axios.get(at("/echo"), { signal: AbortSignal.abort() }), { code: "ERR_CANCELED" }));
  it("a CancelToken", async () => {
    const source = axios.CancelToken.source();
    setTimeout(() => source.cancel("enough"), 20);
    await fails(axios.get(at("/slow"), { cancelToken: source.token }), { message: "enough" });
  });
});

describe("interceptors", () => {
  it("of requests run from the last", async () => {
    const client = axios.create();
    const order = [];
    client.interceptors.request.use((c) => { order.push("a"); c.headers.set("X-I", "1"); return c; });
    client.interceptors.request.use((c) => { order.push("b"); return c; });
    eq([(await seen(client.get(at("/echo")))).headers["x-i"], order], ["1", ["b", "a"]]);
  });
  it("of answers run from the first", async () => {
    const client = axios.create();
    client.interceptors.response.use((r) => ({ ...r, data: [r.status] }));
    client.interceptors.response.use((r) => ({ ...r, data: [...r.data, 7] }));
    eq((await client.get(at("/status/200"))).data, [200, 7]);
  });
  it("turn an error into an answer", async () => {
    const client = axios.create();
    client.interceptors.response.use(undefined, (e) => ({ data: e.response.status }));
    eq((await client.get(at("/status/404"))).data, 404);
  });
  it("eject", async () => {
    const client = axios.create();
    const id = client.interceptors.request.use(() => { throw new Error("no"); });
    client.interceptors.request.eject(id);
    eq((await client.get(at("/status/200"))).status, 200);
  });
  it("runWhen", async () => {
    const client = axios.create();
    client.interceptors.request.use((c) => { c.headers.set("X-W", "1"); return c; }, null, { synchronous: true, runWhen: (c) => c.method === "post" });
    eq([(await seen(client.get(at("/echo")))).headers["x-w"], (await seen(client.post(at("/echo")))).headers["x-w"]], [undefined, "1"]);
  });
});

describe("more", () => {
  it("progress of a download", async () => {
    let loaded = 0;
    await axios.get(at("/bytes/4000"), { onDownloadProgress: (e) => { loaded = e.loaded; } });
    await sleep(20);
    eq(loaded, 4000);
  });
  it("progress of an upload", async () => {
    let last;
    await axios.post(at("/echo"), Buffer.alloc(4000), { onUploadProgress: (e) => { last = e; } });
    await sleep(20);
    eq([last.loaded, last.total, last.upload], [4000, 4000, true]);
  });
  it("an adapter of one's own", async () => eq((await axios.get("/x", { adapter: async (config) => ({ data: config.url, status: 200, statusText: "", headers: {}, config }) })).data, "/x"));
  it("the adapter fetch", async () => eq((await seen(axios.post(at("/echo"), { a: 1 }, { adapter: "fetch" }))).body, '{"a":1}'));
  it("all and spread", async () => eq(await axios.all([1, Promise.resolve(2)]).then(axios.spread((a, b) => a + b)), 3));
  it("mergeConfig", () => eq(axios.mergeConfig({ headers: { a: "1" }, timeout: 1 }, { timeout: 2 }).timeout, 2));
  it("formToJSON", () => {
    const form = new FormData();
    form.append("a[b]", "1");
    form.append("c[]", "2");
    eq(axios.formToJSON(form), { a: { b: "1" }, c: ["2"] });
  });
  it("HttpStatusCode", () => eq(axios.HttpStatusCode.NotFound, 404));
  it("twenty at once", async () => eq((await Promise.all(Array.from({ length: 20 }, (_, i) => seen(axios.get(at("/echo"), { params: { i } }))))).map((r) => r.query.i[0]).join(), Array.from({ length: 20 }, (_, i) => i).join()));
  it("http agents that keep connections", async () => eq((await seen(axios.get(at("/echo"), { httpAgent: new http.Agent({ keepAlive: true }) }))).method, "GET"));
});
