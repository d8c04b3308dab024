// fetch, Request and Response.
import { randomInts, mutate } from "../random.js";

const echo = async (base, init, path = "/echo") => (await fetch(base + path, init)).json();
const read = async (response) => ({
  status: response.status, text: response.statusText, ok: response.ok, type: response.type, url: response.url,
  redirected: response.redirected, headers: [...response.headers].filter(([name]) => !/^(connection|keep-alive|transfer-encoding|content-length)$/.test(name)),
  body: await response.text(), used: response.bodyUsed,
});
const request = (input, init) => {
  const made = new Request(input, init);
  const { method, url, mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, destination, duplex } = made;
  return { method, url, mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, destination, duplex, headers: [...made.headers], body: made.body !== null };
};
const bytes = new Uint8Array([104, 105, 0, 255]);
const streamOf = (...chunks) => new ReadableStream({
  start(controller) {
    for (const chunk of chunks) controller.enqueue(chunk);
    controller.close();
  },
});

const roll = randomInts(4);
const parts = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n--x\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\nContent-Type: text/x\r\n\r\ntwo\r\n--x--\r\n';
const mutated = Array.from({ length: 80 }, () => mutate(parts, roll, '-x\r\n"; =:a'));
const types = ["text/html", "Text/HTML;Charset=UTF-8", "text/html; charset=\"a b\"", "text/html;a=b;a=c", "text", "text/", " a/b ", "a/b;", "a/b; =c", "a/b;c", "a/b;c=\"d\\\"e\"", "", "a/b, c/d"];

export default [
  ["get", async (base) => read(await fetch(`${base}/text`))],
  ["get with a fragment", async (base) => read(await fetch(`${base}/text#part`))],
  ["get by URL", async (base) => read(await fetch(new URL("/text?a=b c", base)))],
  ["get by Request", async (base) => read(await fetch(new Request(`${base}/text`)))],
  ["get what Node sends", (base) => echo(base)],
  ["post text", (base) => echo(base, { method: "POST", body: "tëxt" })],
  ["post text with a type", (base) => echo(base, { method: "post", body: "{}", headers: { "Content-Type": "application/json" } })],
  ["post a number", (base) => echo(base, { method: "POST", body: 12 })],
  ["post a lone surrogate", (base) => echo(base, { method: "POST", body: "a\ud800b" })],
  ["post bytes", (base) => echo(base, { method: "POST", body: bytes })],
  ["post a view", (base) => echo(base, { method: "POST", body: new DataView(bytes.buffer, 1, 2) })],
  ["post a buffer", (base) => echo(base, { method: "POST", body: bytes.buffer })],
  ["post a blob", (base) => echo(base, { method: "POST", body: new Blob(["x"], { type: "image/PNG" }) })],
  ["post parameters", (base) => echo(base, { method: "POST", body: new URLSearchParams({ a: "1 ü", b: "&" }) })],
  ["post a form", (base) => {
    const form = new FormData();
    form.append("a\nb", 'x"y\nz');
    form.append("ü", "1");
    return echo(base, { method: "POST", body: form });
  }],
  ["post a form with files", (base) => {
    const form = new FormData();
    form.append("text", "value");
    form.append("file", new File([bytes], 'na"me.bin', { type: "application/x" }));
    form.append("blob", new Blob(["b"]));
    form.append("named", new Blob(["b"]), "other.txt");
    return echo(base, { method: "POST", body: form });
  }],
  ["post a stream", (base) => echo(base, { method: "POST", duplex: "half", body: streamOf(bytes, new TextEncoder().encode("more")) })],
  ["post an async iterable", (base) => echo(base, { method: "POST", duplex: "half", body: { async *[Symbol.asyncIterator]() { yield bytes; yield bytes; } } })],
  ["post a stream without duplex", (base) => fetch(base, { method: "POST", body: streamOf() })],
  ["post a stream of text", (base) => fetch(`${base}/echo`, { method: "POST", duplex: "half", body: streamOf("text") })],
  ["put nothing", (base) => echo(base, { method: "PUT" })],
  ["post null", (base) => echo(base, { method: "POST", body: null })],
  ["delete", (base) => echo(base, { method: "DELETE" })],
  ["lower-case methods", (base) => Promise.all(["get", "delete", "Put", "options"].map(async (method) => (await echo(base, { method })).method))],
  ["another method", (base) => echo(base, { method: "PROPFIND" })],
  ["headers of one's own", (base) => echo(base, { headers: { "User-Agent": "me/1", Accept: "text/html", Cookie: "a=b", Referer: "http://r/", Origin: "http://o/", Authorization: "Bearer x" } })],
  ["headers from pairs", (base) => echo(base, { headers: [["x-a", "1"], ["X-A", "2"], ["cookie", "a=1"], ["cookie", "b=2"]] })],
  ["headers from Headers", (base) => echo(base, { headers: new Headers({ "x-a": " spaced " }) })],
  ["mode, credentials, cache", (base) => echo(base, { mode: "no-cors", credentials: "include", cache: "no-store", keepalive: true, referrerPolicy: "no-referrer" })],
  ["mode same-origin", async (base) => (await fetch(`${base}/text`, { mode: "same-origin" })).status],
  ["this is of no matter", async (base) => ({ f: fetch }).f(`${base}/text`).then(read)],
  ["fetch detached", async (base) => fetch.call(7, `${base}/text`).then(read)],
  ["head", async (base) => read(await fetch(`${base}/text`, { method: "HEAD" }))],
  ["head has no body", async (base) => (await fetch(`${base}/text`, { method: "HEAD" })).body === null],
  ...[201, 204, 304, 400, 404, 418, 429, 500, 503].map((status) => [`status ${status}`, async (base) => read(await fetch(`${base}/status/${status}`))]),
  ["no content has no body", async (base) => (await fetch(`${base}/status/204`)).body === null],
  ["bytes", async (base) => new Uint8Array(await (await fetch(`${base}/bytes`)).arrayBuffer())],
  ["bytes as text", async (base) => (await fetch(`${base}/bytes`)).text()],
  ["bytes as blob", async (base) => {
    const blob = await (await fetch(`${base}/bytes`)).blob();
    return [blob.type, blob.size, await blob.arrayBuffer()];
  }],
  ["text as blob", async (base) => (await (await fetch(`${base}/text`)).blob()).type],
  ["json", async (base) => (await fetch(`${base}/json`)).json()],
  ["json that is none", async (base) => (await fetch(`${base}/broken-json`)).json()],
  ["a byte order mark", async (base) => (await fetch(`${base}/bom`)).text()],
  ["unpacked", async (base) => (await fetch(`${base}/gzip`)).text()],
  ["form data", async (base) => [...(await (await fetch(`${base}/form`)).formData())]],
  ["cookies", async (base) => {
    const { headers } = await fetch(`${base}/cookies`);
    return [headers.getSetCookie(), headers.get("set-cookie"), headers.get("X-Many"), [...headers.keys()].filter((name) => /cookie|many/.test(name))];
  }],
  ["headers of an answer can't be changed", async (base) => (await fetch(`${base}/text`)).headers.append("a", "b")],
  ["follow 302", async (base) => read(await fetch(`${base}/302`))],
  ["follow 302 with post", (base) => echo(base, { method: "POST", body: "x" }, "/302")],
  ["follow 303 with put", (base) => echo(base, { method: "PUT", body: "x" }, "/303")],
  ["follow 307 with post", (base) => echo(base, { method: "POST", body: "x" }, "/307")],
  ["redirect manual", async (base) => read(await fetch(`${base}/302`, { redirect: "manual" }))],
  ["redirect error", (base) => fetch(`${base}/302`, { redirect: "error" })],
  ["stream of an answer", async (base) => {
    const { body } = await fetch(`${base}/text`);
    let text = "";
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) text += chunk;
    return [text, body.locked];
  }],
  ["body read twice", async (base) => {
    const response = await fetch(`${base}/text`);
    await response.text();
    return response.json();
  }],
  ["clone of an answer", async (base) => {
    const response = await fetch(`${base}/text`);
    const copy = response.clone();
    return [await response.text(), await copy.text(), copy.url === response.url, copy.status, copy.bodyUsed];
  }],
  ["aborted before", (base) => fetch(`${base}/text`, { signal: AbortSignal.abort() })],
  ["aborted before with a reason", (base) => fetch(`${base}/text`, { signal: AbortSignal.abort("why") })],
  ["aborted on the way", (base) => {
    const controller = new AbortController();
    const pending = fetch(`${base}/never`, { signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    return pending;
  }],
  ["aborted on the way with a reason", (base) => {
    const controller = new AbortController();
    const pending = fetch(`${base}/never`, { signal: controller.signal });
    setTimeout(() => controller.abort(new RangeError("mine")), 5);
    return pending;
  }],
  ["timed out", (base) => fetch(`${base}/never`, { signal: AbortSignal.timeout(10) })],
  ["aborted by one of two", (base) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort("first"), 5);
    return fetch(`${base}/never`, { signal: AbortSignal.any([controller.signal, AbortSignal.timeout(5000)]) });
  }],
  ["aborted by a Request's signal", (base) => {
    const controller = new AbortController();
    const asked = new Request(`${base}/never`, { signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    return fetch(asked);
  }],
  ["aborted before the body is read", async (base) => {
    const controller = new AbortController();
    const response = await fetch(`${base}/text`, { signal: controller.signal });
    controller.abort();
    return response.text();
  }],
  ["aborted before the body is read, with a reason", async (base) => {
    const controller = new AbortController();
    const response = await fetch(`${base}/text`, { signal: controller.signal });
    controller.abort(new RangeError("mine"));
    return response.text();
  }],
  ["aborted while the body is read", async (base) => {
    const controller = new AbortController();
    const { body } = await fetch(`${base}/text`, { signal: controller.signal });
    const reader = body.getReader();
    controller.abort();
    return reader.read();
  }],
  ["aborted after the body was read", async (base) => {
    const controller = new AbortController();
    const response = await fetch(`${base}/text`, { signal: controller.signal });
    const text = await response.text();
    controller.abort();
    return text;
  }],
  ["name not found", () => fetch("http://nowhere.invalid/").catch((error) => [error.name, error.message, error.cause.code, error.cause.syscall, error.cause.hostname, error.cause.errno])],
  ["relative", () => fetch("/path")],
  ["nothing", () => fetch()],
  ["not a URL", () => fetch("http://")],
  ["unknown scheme", () => fetch("ftp://host/")],
  ["about", () => fetch("about:blank")],
  ["file", () => fetch("file:///etc/passwd")],
  ["user in URL", () => fetch("http://a:b@host/")],
  ["get with body", (base) => fetch(base, { body: "x" })],
  ["bad header name", (base) => fetch(base, { headers: { "a b": "c" } })],
  ["bad header value", (base) => fetch(base, { headers: { a: "b\nc" } })],
  ["bad signal", (base) => fetch(base, { signal: "x" })],
  ["bad method", (base) => fetch(base, { method: "A B" })],
  ["forbidden method", (base) => fetch(base, { method: "trace" })],
  ["init is no object", (base) => fetch(base, 7)],
  ["a used body", async (base) => {
    const asked = new Request(`${base}/echo`, { method: "POST", body: "x" });
    await asked.text();
    return fetch(asked);
  }],
  ["a Request's body is used up", async (base) => {
    const asked = new Request(`${base}/echo`, { method: "POST", body: "x" });
    const { body } = await (await fetch(asked)).json();
    return [body, asked.bodyUsed];
  }],
  ["init goes before a Request", async (base) => {
    const asked = new Request(`${base}/echo`, { method: "POST", body: "x", headers: { a: "1" } });
    return echo(base, undefined, "/echo") && (await fetch(asked, { method: "PUT", body: "y", headers: { b: "2" } })).json();
  }],

  ["data text", async () => read(await fetch("data:,hello%20w%C3%B6rld"))],
  ["data with type", async () => read(await fetch("data:text/html;charset=utf-8,<b>"))],
  ["data base64", async () => read(await fetch("data:text/plain;base64,aGk="))],
  ["data base64 with spaces", async () => read(await fetch("data:image/png ; base64,aG k%3D"))],
  ["data bytes", async () => new Uint8Array(await (await fetch("data:application/octet-stream;base64,AP8B")).arrayBuffer())],
  ["data without comma", () => fetch("data:text/plain")],
  ["data bad base64", () => fetch("data:;base64,a")],
  ["data parameters only", async () => (await fetch("data:;charset=x,")).headers.get("content-type")],
  ["data odd type", async () => (await fetch("data:odd,x")).headers.get("content-type")],
  ["blob url", async () => {
    const url = URL.createObjectURL(new Blob(["kept"], { type: "a/b" }));
    const response = await fetch(url);
    const found = [response.status, response.headers.get("content-type"), response.headers.get("content-length"), await response.text(), /^blob:nodedata:[0-9a-f-]{36}$/.test(url)];
    URL.revokeObjectURL(url);
    return [found, await fetch(url).catch((error) => [error.message, error.cause.message])];
  }],
  ["blob url posted", () => fetch(URL.createObjectURL(new Blob([])), { method: "POST" })],

  ["request defaults", () => request("http://a/b")],
  ["request with all", () => request("http://a/b#c", { method: "patch", mode: "same-origin", credentials: "omit", cache: "reload", redirect: "manual", referrerPolicy: "origin", integrity: "sha256-x", keepalive: true, headers: { A: "b" }, body: "x" })],
  ["request of request", () => request(new Request("http://a/b", { method: "PUT", body: "x", headers: { a: "1" } }), { headers: { b: "2" } })],
  ["request uses up request", () => {
    const first = new Request("http://a/", { method: "POST", body: "x" });
    const second = new Request(first);
    return [first.bodyUsed, second.bodyUsed, first.body.locked];
  }],
  ["request get from post", () => new Request(new Request("http://a/", { method: "POST", body: "x" }), { method: "GET" })],
  ["request of a used one", async () => {
    const first = new Request("http://a/", { method: "POST", body: "x" });
    await first.text();
    return new Request(first);
  }],
  ["request without arguments", () => new Request()],
  ["request relative", () => new Request("x")],
  ["request redirect", () => new Request("http://a/", { redirect: "other" })],
  ["request cache", () => new Request("http://a/", { cache: "only-if-cached" })],
  ["request mode", () => new Request("http://a/", { mode: "navigate" })],
  ["request mode unknown", () => new Request("http://a/", { mode: "x" })],
  ["request window", () => new Request("http://a/", { window: "x" })],
  ["request window null", () => request("http://a/", { window: null })],
  ["request referrer", () => new Request("http://a/", { referrer: "x" })],
  ["request referrer empty", () => request("http://a/", { referrer: "" }).referrer],
  ["request duplex", () => new Request("http://a/", { duplex: "full" })],
  ["request method null", () => request("http://a/", { method: null }).method],
  ["request clone", async () => {
    const first = new Request("http://a/", { method: "POST", body: "x", headers: { a: "b" } });
    const second = first.clone();
    second.headers.set("a", "c");
    return [await first.text(), await second.text(), first.headers.get("a"), second.headers.get("a"), second.method];
  }],
  ["request clone when used", async () => {
    const first = new Request("http://a/", { method: "POST", body: "x" });
    await first.text();
    return first.clone();
  }],
  ["request signal", () => {
    const controller = new AbortController();
    const made = new Request("http://a/", { signal: controller.signal });
    const before = made.signal.aborted;
    controller.abort("r");
    return [before, made.signal.aborted, made.signal.reason, made.signal === controller.signal, new Request("http://a/").signal.aborted];
  }],
  ["request signal null", () => new Request("http://a/", { signal: null }).signal instanceof AbortSignal],
  ["request form", async () => [...(await new Request("http://a/", { method: "POST", body: new URLSearchParams("a=b&c=d") }).formData())]],
  ["request headers stay separate", () => {
    const headers = new Headers({ a: "1" });
    const made = new Request("http://a/", { headers });
    headers.set("a", "2");
    return made.headers.get("a");
  }],

  ["response defaults", async () => read(new Response())],
  ["response null body", () => [new Response().body, new Response(null).body, new Response(undefined).body]],
  ["response empty text", async () => [new Response("").body === null, await new Response("").text()]],
  ["response with all", async () => read(new Response("x", { status: 201, statusText: "Made", headers: { a: "b" } }))],
  ["response status range", () => [200, 599, "404", 404.9].map((status) => new Response(null, { status }).status)],
  ...[199, 600, 0, -1, NaN, "x", 101].map((status) => [`response status ${status}`, () => new Response(null, { status }).status]),
  ["response null body status", () => new Response("x", { status: 304 })],
  ["response null body status without body", () => new Response(null, { status: 204 }).status],
  ["response status text", () => new Response(null, { statusText: "a\nb" })],
  ["response status text beyond bytes", () => new Response(null, { statusText: "€" })],
  ["response init", () => new Response(null, 3)],
  ["response headers", () => [...new Response("x", { headers: [["A", "b"], ["content-type", "x/y"]] }).headers]],
  ["response json", async () => read(Response.json({ a: 1 }))],
  ["response json with init", async () => read(Response.json([1], { status: 400, headers: { "x-a": "b" } }))],
  ["response json with type", async () => Response.json(1, { headers: { "content-type": "a/b" } }).headers.get("content-type")],
  ["response json undefined", () => Response.json(undefined)],
  ["response json cyclic", () => {
    const a = {};
    a.a = a;
    try {
      Response.json(a);
    } catch (error) {
      return error.name;
    }
  }],
  ["response json nothing", () => Response.json()],
  ["response redirect", async () => read(Response.redirect("http://a/b"))],
  ["response redirect 307", () => Response.redirect("http://a/b", 307).status],
  ["response redirect 200", () => Response.redirect("http://a/b", 200)],
  ["response redirect relative", () => Response.redirect("/b")],
  ["response redirect immutable", () => Response.redirect("http://a/b").headers.set("a", "b")],
  ["response error", async () => read(Response.error())],
  ["response clone", async () => {
    const first = new Response("x", { status: 202, headers: { a: "b" } });
    const second = first.clone();
    return [await first.text(), await second.text(), second.status, second.headers.get("a"), first.headers === second.headers];
  }],
  ["response clone of a stream", async () => {
    const first = new Response(streamOf(bytes, bytes));
    const second = first.clone();
    return [await first.arrayBuffer(), await second.arrayBuffer()];
  }],
  ["response clone when used", async () => {
    const first = new Response("x");
    await first.text();
    return first.clone();
  }],
  ["response clone when locked", () => {
    const first = new Response("x");
    first.body.getReader();
    return first.clone();
  }],
  ["response body is one stream", () => {
    const response = new Response("x");
    return [response.body === response.body, response.body instanceof ReadableStream, response.body.locked, response.bodyUsed];
  }],
  ["response body after reading", async () => {
    const response = new Response("x");
    const before = response.body;
    await response.text();
    return [response.body === before, response.body.locked, response.bodyUsed];
  }],
  ["response body after reading, first seen then", async () => {
    const response = new Response("x");
    await response.text();
    return [response.body instanceof ReadableStream, response.body.locked, response.bodyUsed];
  }],
  ["response body chunks", async () => {
    const chunks = [];
    for await (const chunk of new Response("chünk").body) chunks.push(chunk);
    return chunks;
  }],
  ["response body by byob", async () => {
    const reader = new Response("byob").body.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(2));
    const second = await reader.read(new Uint8Array(10));
    const last = await reader.read(new Uint8Array(1));
    return [first, second, last];
  }],
  ["response locked", async () => {
    const response = new Response("x");
    response.body.getReader();
    return response.text();
  }],
  ["response cancelled", async () => {
    const response = new Response("x");
    await response.body.cancel();
    return [response.bodyUsed, await response.text().catch((error) => error)];
  }],
  ["response of a locked stream", () => {
    const stream = streamOf();
    stream.getReader();
    return new Response(stream);
  }],
  ["response of a stream that fails", async () => new Response(new ReadableStream({ start: (controller) => controller.error(new RangeError("inner")) })).text()],
  ["response of a stream of text", () => new Response(streamOf("text")).text()],
  ["response of a stream", () => new Response(streamOf(bytes.slice(0, 2), new TextEncoder().encode("ü"))).text()],
  ["response blob", async () => {
    const blob = await new Response("x", { headers: { "content-type": "Text/HTML; Charset=UTF-8" } }).blob();
    return [blob.type, blob.size];
  }],
  ["response blob without type", async () => (await new Response(bytes).blob()).type],
  ["response array buffer is one's own", async () => {
    const given = new Uint8Array([1, 2]);
    const response = new Response(given);
    given[0] = 9;
    return response.arrayBuffer();
  }],
  ["response json strings", () => Promise.all(["", "{", "nope", "[1,]", '{"a" 1}', "tru", "1 2", '"a', '{"a":1,}', "<!DOCTYPE html><html><body>error page</body></html>", "undefined", "01", "-", "1.", '"\\x"', '"\t"', "[1 2]", '{"a":1 "b"}', '{a:1}', "1e", '"\\u12g4"'].map((text) => new Response(text).json().catch((error) => `${error.name}: ${error.message}`)))],
  ["response multipart", async () => {
    const body = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n--x\r\nContent-Disposition: form-data; name="f%22"; filename="n.txt"\r\nContent-Type: text/x\r\n\r\ntwo\r\nlines\r\n--x--\r\n';
    const form = await new Response(body, { headers: { "content-type": "multipart/form-data; boundary=x" } }).formData();
    return Promise.all([...form].map(async ([name, value]) => [name, typeof value === "string" ? value : [value.name, value.type, await value.text()]]));
  }],
  ["response multipart there and back", async () => {
    const form = new FormData();
    form.append('a"\r\nb', "1\n2");
    form.append("ü", new File([bytes], 'x"\n.bin', { type: "a/b" }));
    const back = await new Response(form).formData();
    return Promise.all([...back].map(async ([name, value]) => [name, typeof value === "string" ? value : [value.name, value.type, [...new Uint8Array(await value.arrayBuffer())]]]));
  }],
  ["response multipart empty", async () => [...(await new Response(new FormData()).formData())]],
  ...["", "--x", "--x\r\n", "--x\r\n\r\n\r\n--x--", "--y--", "--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\na'].map((body, i) => [
    `response multipart malformed ${i}`,
    async () => [...(await new Response(body, { headers: { "content-type": "multipart/form-data; boundary=x" } }).formData())],
  ]),
  ...mutated.map((body, i) => [`response multipart mutated ${i}`, async () => {
    const form = await new Response(body, { headers: { "content-type": "multipart/form-data; boundary=x" } }).formData();
    return Promise.all([...form].map(async ([name, value]) => [name, typeof value === "string" ? value : [value.name, value.type, await value.text()]]));
  }]),
  ...types.map((type) => [`response blob of type ${JSON.stringify(type)}`, async () => (await new Response("x", { headers: { "content-type": type } }).blob()).type]),
  ["response multipart without boundary", () => new Response("--x--", { headers: { "content-type": "multipart/form-data" } }).formData()],
  ["response form of another type", () => new Response("a=b").formData()],
  ["response form without type", () => new Response(bytes).formData()],
  ["response urlencoded", async () => [...(await new Response(new URLSearchParams("a=b c&ü=+")).formData())]],
  ["methods of another thing", () => Response.prototype.text.call({}).catch((error) => error.name)],
];
