import fetch, { AbortError, Blob as FetchBlob, FetchError, File as FetchFile, FormData as FetchForm, Headers as FetchHeaders, Request as FetchRequest, Response as FetchResponse, isRedirect } from "node-fetch";
import { Readable } from "node:stream";

const seen = async (promise) => (await promise).json();
const post = (body, headers) => seen(fetch(at("/echo"), { method: "POST", body, headers }));

describe("fetch", () => {
  it("returns a promise of a Response", async () => ok((await fetch(at("/text"))) instanceof FetchResponse));
  it("takes a Request", async () => eq((await seen(fetch(new FetchRequest(at("/echo"), { method: "PUT" })))).method, "PUT"));
  it("takes a URL", async () => eq((await seen(fetch(new URL(at("/echo"))))).method, "GET"));
  it("writes methods in capitals", async () => eq((await seen(fetch(at("/echo"), { method: "post" }))).method, "POST"));
  it("sends headers", async () => eq((await seen(fetch(at("/echo"), { headers: { "X-A": "1" } }))).headers["x-a"], "1"));
  it("sends several values", async () => eq((await seen(fetch(at("/echo"), { headers: [["x-a", "1"], ["x-a", "2"]] }))).headers["x-a"], "1, 2"));
  it("has its own user agent and accepts all", async () => {
    const { headers } = await seen(fetch(at("/echo")));
    eq([headers["user-agent"], headers.accept], ["node-fetch", "*/*"]);
  });
  it("refuses a relative URL", async () => fails(fetch("/x"), { name: "TypeError", message: /Invalid URL/ }));
  it("refuses a protocol", async () => fails(fetch("ftp://a.example/"), { name: "TypeError", message: /URL scheme "ftp" is not supported/ }));
  it("refuses credentials in a URL", async () => fails(fetch("http://u:p@a.example/"), { name: "TypeError", message: /embedded credentials/ }));
  it("refuses a body with GET", async () => fails(fetch(at("/echo"), { body: "x" }), { name: "TypeError" }));
  it("serves data URLs", async () => eq(await (await fetch("data:text/plain;base64,aGVsbG8=")).text(), "hello"));
  it("names a connection that is refused", async () => fails(fetch(CLOSED), { name: "FetchError", code: "ECONNREFUSED", type: "system" }));
  it("names a connection that is reset", async () => fails(fetch(at("/reset")), { name: "FetchError", code: "ECONNRESET" }));
});

describe("bodies sent", () => {
  it("a string", async () => {
    const r = await post("hällo");
    eq([r.body, r.headers["content-type"], r.headers["content-length"]], ["hällo", "text/plain;charset=UTF-8", "6"]);
  });
  it("a Buffer", async () => eq((await post(Buffer.from([0, 255]))).base64, "AP8="));
  it("an ArrayBuffer", async () => eq((await post(Uint8Array.of(1, 2).buffer)).base64, "AQI="));
  it("a view", async () => eq((await post(new Uint8Array([9, 1, 2, 9]).subarray(1, 3))).base64, "AQI="));
  it("a Blob", async () => {
    const r = await post(new FetchBlob(["hello"], { type: "text/x" }));
    eq([r.body, r.headers["content-type"]], ["hello", "text/x"]);
  });
  it("URLSearchParams", async () => {
    const r = await post(new URLSearchParams({ a: "1 2" }));
    eq([r.body, r.headers["content-type"]], ["a=1+2", "application/x-www-form-urlencoded;charset=UTF-8"]);
  });
  it("a stream", async () => eq((await post(Readable.from(["a", "b"]))).body, "ab"));
  it("a form", async () => {
    const form = new FetchForm();
    form.set("a", "ö");
    form.set("f", new FetchFile(["x"], "f.txt", { type: "text/x" }));
    eq((await seen(fetch(at("/form"), { method: "POST", body: form }))).parts.map((p) => [p.name, p.file, p.body]), [["a", "", "ö"], ["f", "f.txt", "x"]]);
  });
  it("the global FormData", async () => {
    const form = new FormData();
    form.set("a", "1");
    eq((await seen(fetch(at("/form"), { method: "POST", body: form }))).parts[0].body, "1");
  });
  it("an object becomes a string", async () => eq((await post({ a: 1 })).body, "[object Object]"));
  it("a type of one's own", async () => eq((await post("{}", { "Content-Type": "application/json" })).headers["content-type"], "application/json"));
  it("no body has length 0", async () => eq((await seen(fetch(at("/echo"), { method: "POST" }))).headers["content-length"], "0"));
});

describe("answers", () => {
  it("json", async () => eq(await (await fetch(at("/status/200"))).json(), { status: 200 }));
  it("text", async () => eq(await (await fetch(at("/text"))).text(), "hällo"));
  it("arrayBuffer", async () => eq(Buffer.from(await (await fetch(at("/bytes/4"))).arrayBuffer()).toString("hex"), "00ff8061"));
  it("blob", async () => {
    const blob = await (await fetch(at("/bytes/4"))).blob();
    eq([blob.size, blob.type], [4, "application/octet-stream"]);
  });
  it("formData", async () => {
    const form = await new FetchResponse(new URLSearchParams("a=1&a=2"), { headers: { "content-type": "application/x-www-form-urlencoded" } }).formData();
    eq(form.getAll("a"), ["1", "2"]);
  });
  it("a body is a Node stream", async () => {
    const parts = [];
    for await (const part of (await fetch(at("/bytes/8"))).body) parts.push(part);
    eq(Buffer.concat(parts).length, 8);
  });
  it("gzip", async () => eq(await (await fetch(at("/gzip"))).text(), "hello gzip"));
  it("broken JSON", async () => fails((await fetch(at("/broken"))).json(), { name: "SyntaxError" }));
  it("a body is used once", async () => {
    const answer = await fetch(at("/text"));
    eq(answer.bodyUsed, false);
    await answer.text();
    eq(answer.bodyUsed, true);
    await fails(answer.text(), { name: "TypeError", message: /body used already/ });
  });
  it("status, ok, statusText", async () => {
    const answer = await fetch(at("/status/404"));
    eq([answer.status, answer.ok, answer.statusText, answer.redirected, answer.url], [404, false, "Not Found", false, at("/status/404")]);
  });
  it("no content", async () => eq(await (await fetch(at("/status/204"))).text(), ""));
  it("head", async () => {
    const answer = await fetch(at("/echo"), { method: "HEAD" });
    eq([answer.headers.get("x-method"), await answer.text()], ["HEAD", ""]);
  });
  it("headers as they came", async () => {
    const { headers } = await fetch(at("/cookies"));
    eq([headers.get("set-cookie"), headers.raw()["set-cookie"], headers.get("x-many")], ["a=1; Path=/, b=2; Path=/; HttpOnly", ["a=1; Path=/", "b=2; Path=/; HttpOnly"], "one, two"]);
  });
  it("size", async () => fails((await fetch(at("/bytes/1000"), { size: 10 })).text(), { name: "FetchError", type: "max-size" }));
  it("clone", async () => {
    const answer = await fetch(at("/text"));
    const twin = answer.clone();
    eq(await Promise.all([answer.text(), twin.text()]), ["hällo", "hällo"]);
  });
});

describe("redirects", () => {
  it("are followed", async () => {
    const answer = await fetch(at("/hops/2"));
    eq([answer.redirected, answer.url], [true, at("/echo")]);
  });
  it("manual", async () => {
    const answer = await fetch(at("/redirect/302?to=/echo"), { redirect: "manual" });
    eq([answer.status, answer.headers.get("location")], [302, "/echo"]);
  });
  it("error", async () => fails(fetch(at("/redirect/302?to=/echo"), { redirect: "error" }), { type: "no-redirect" }));
  it("follow 1", async () => fails(fetch(at("/hops/3"), { follow: 1 }), { type: "max-redirect" }));
  it("303 becomes a get", async () => eq((await seen(fetch(at("/redirect/303?to=/echo"), { method: "POST", body: "x" }))).method, "GET"));
  it("307 keeps the body", async () => eq((await seen(fetch(at("/redirect/307?to=/echo"), { method: "POST", body: "x" }))).body, "x"));
  it("isRedirect", () => eq([200, 301, 307, 404].map(isRedirect), [false, true, true, false]));
});

describe("aborting", () => {
  it("a signal", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const error = await fetch(at("/slow"), { signal: controller.signal }).catch((e) => e);
    eq([error.name, error.type, error instanceof AbortError], ["AbortError", "aborted", true]);
  });
  it("before it begins", async () => fails(fetch(at("/echo"), { signal: AbortSignal.abort() }), { name: "AbortError" }));
  it("a signal that is none", async () => fails(fetch(at("/echo"), { signal: {} }), { name: "TypeError" }));
});

describe("classes", () => {
  it("Headers", () => {
    const headers = new FetchHeaders({ b: "2", a: "1" });
    headers.append("a", "3");
    eq([[...headers], headers.has("A"), headers.get("none")], [[["a", "1, 3"], ["b", "2"]], true, null]);
  });
  it("Headers refuse names", () => throws(() => new FetchHeaders({ "a b": "1" }), TypeError));
  it("Response.json", async () => {
    const answer = FetchResponse.json({ a: 1 }, { status: 201 });
    eq([answer.status, answer.headers.get("content-type"), await answer.json()], [201, "application/json", { a: 1 }]);
  });
  it("Response.redirect", () => eq(FetchResponse.redirect("https://a.example/", 301).headers.get("location"), "https://a.example/"));
  it("Response of a stream", async () => eq(await new FetchResponse(Readable.from(["a", "b"])).text(), "ab"));
  it("Request", () => {
    const request = new FetchRequest("https://a.example/x#h", { method: "post", headers: { a: "1" }, body: "x" });
    eq([request.method, request.url, request.headers.get("a"), request.redirect], ["POST", "https://a.example/x#h", "1", "follow"]);
  });
  it("FetchError", () => {
    const error = new FetchError("no", "system", { code: "E", erroredSysCall: "connect" });
    eq([error.name, error.type, error.code, error.message], ["FetchError", "system", "E", "no"]);
  });
});
