// node:http sends from the engine what it sends from Node, and its events come
// in the same order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./engine.js";
import { same } from "./node-http-same.js";

const scenarios = {
  "a get": `traced((cb) => http.get(base + "/x?y=1", cb))`,
  "a post in parts": `traced((cb) => { const r = http.request(base + "/p", { method: "post", headers: { "Content-Type": "text/plain", "X-A": "1" } }, cb); r.write("one,"); r.end("two"); return r; })`,
  "a head": `traced((cb) => { const r = http.request(base + "/p", { method: "HEAD" }, cb); r.end(); return r; })`,
  "a request that is destroyed at once": `traced((cb) => { const r = http.get(base + "/x", cb); r.destroy(); return r; })`,
  "a request that is destroyed with an error": `traced((cb) => { const r = http.get(base + "/x", cb); r.destroy(new TypeError("mine")); return r; })`,
  "a request that is aborted": `traced((cb) => { const r = http.get(base + "/never", cb); setTimeout(() => r.abort(), 30); return r; })`,
  "a request whose signal aborts": `traced((cb) => { const c = new AbortController(); const r = http.get(base + "/never", { signal: c.signal }, cb); setTimeout(() => c.abort(), 30); return r; })`,
  "a request that takes too long": `traced((cb) => { const r = http.get(base + "/never", { timeout: 40 }, cb); r.on("timeout", () => r.destroy()); return r; })`,
  "a request with setTimeout": `traced((cb) => { const r = http.get(base + "/never", cb); r.setTimeout(40, () => r.destroy(new Error("too long"))); return r; })`,
  "a response that no one takes": `new Promise((resolve) => { const log = []; const r = http.get(base + "/x"); for (const name of events) if (name !== "response") r.on(name, () => log.push(name)); r.on("close", () => resolve(log)); })`,
  "options in their own object": `echoed((cb) => http.get({ protocol: "http:", hostname: to("/").hostname, port: to("/").port, path: "/q?a=b%20c", headers: { "X-B": ["1", "2"] } }, cb))`,
  "a URL and options": `echoed((cb) => { const r = http.request(to("/u"), { method: "PUT", headers: { "x-c": 5 } }, cb); r.end("body"); return r; })`,
  "auth": `echoed((cb) => http.get(Object.assign(to("/auth"), { username: "us er", password: "p@ss" }), cb))`,
  "auth in options": `echoed((cb) => http.get(base + "/auth", { auth: "u:p" }, cb))`,
  "headers as a list": `echoed((cb) => http.get(base + "/l", { headers: ["X-One", "1", "X-Two", "2", "Host", to("/").host] }, cb))`,
  "headers set later": `echoed((cb) => { const r = http.request(base + "/h", cb); r.setHeader("X-Set", "v"); r.setHeader("X-Gone", "v"); r.removeHeader("x-gone"); r.appendHeader("X-Set", "w"); r.end(); return r; })`,
  "what a request reports of its headers": `(() => { const r = http.request(base + "/h", { headers: { "X-Cased": "V", accept: ["a", "b"] } }); r.on("error", () => {}); r.destroy(); return [r.getHeader("x-cased"), r.hasHeader("Accept"), r.getHeaderNames().filter((n) => n !== "host"), r.getRawHeaderNames().filter((n) => n !== "Host"), r.getHeaders()["x-cased"], r.method, r.path, r.protocol, r.getHeader("nope")]; })()`,
  "cookies and repeated headers": `got((cb) => http.get(base + "/cookies", cb)).then(({ response: { headers, statusCode, statusMessage, httpVersion } }) => [headers["set-cookie"], headers["x-many"], statusCode, statusMessage, httpVersion])`,
  "redirects are left alone": `got((cb) => http.get(base + "/status/302", cb)).then(({ response }) => [response.statusCode, response.statusMessage, response.headers.location])`,
  "errors of the server": `got((cb) => http.get(base + "/status/503", cb)).then(({ response }) => [response.statusCode, response.statusMessage])`,
  "bytes": `got((cb) => http.get(base + "/binary", cb)).then(({ body }) => [...body])`,
  "bytes that are packed": `got((cb) => http.get(base + "/gzip", cb)).then(({ body }) => require("zlib").gunzipSync(body).toString())`,
  "a body by pipe": `echoed((cb) => { const r = http.request(base + "/pipe", { method: "POST" }, cb); require("stream").Readable.from(["a", "b"]).pipe(r); return r; })`,
  "a body of bytes": `echoed((cb) => { const r = http.request(base + "/b", { method: "POST" }, cb); r.end(Buffer.from("é")); return r; })`,
  "a response by for await": `new Promise((resolve) => http.get(base + "/x", async (response) => { let n = 0; for await (const c of response) n += c.length; resolve(n > 10 && response.complete); }))`,
  "the wrong protocol": `tried(() => http.get("https://host/"))`,
  "the other wrong protocol": `tried(() => https.get("http://host/"))`,
  "a path with a space": `tried(() => http.get({ path: "/a b" }))`,
  "a method that is none": `tried(() => http.request(base, { method: "A B" }))`,
  "a header name that is none": `tried(() => http.request(base, { headers: { "a b": "1" } }))`,
  "a header value that is none": `tried(() => http.request(base, { headers: { ab: "\\n" } }))`,
  "a header without a value": `tried(() => { const r = http.request(base); r.on("error", () => {}); try { r.setHeader("x", undefined); } finally { r.destroy(); } })`,
  "an address that is none": `tried(() => http.get("nope"))`,
  "a host that is none": `tried(() => http.get({ host: 5 }))`,
  "headers after the end": `tried(() => { const r = http.get(base + "/x"); r.on("error", () => {}); try { r.setHeader("a", "b"); } finally { r.destroy(); } })`,
  "what the module has": `[http.METHODS.length > 30, http.STATUS_CODES[418], http.globalAgent.protocol, https.globalAgent.defaultPort, new http.Agent({ keepAlive: true }).keepAlive, http.maxHeaderSize, tried(() => http.validateHeaderName("a b"))]`,
};

test("requests and their events are as in Node", () => same(scenarios));

const sent = async (source, http) => {
  const { requests, logs, error } = await run(`const https = require("https"); exports.onExecutePostUserRegistration = async () => { ${source} };`, { http: http ?? (() => ({})) });
  assert.equal(error, undefined, JSON.stringify(error));
  return { requests, logs: logs.map((l) => l.message) };
};

test("what the host is asked for is the request as it was made", async () => {
  const { requests } = await sent(`
    for (const options of [
      { host: "api.example.com", path: "/a", headers: { "Accept-Encoding": "gzip, deflate, br", Connection: "keep-alive", "Content-Length": 2 }, method: "POST" },
      { hostname: "::1", port: 8443, path: "/b?c" },
      { host: "h", headers: { Host: "other", "accept-encoding": "br" } },
      { host: "h", port: 443, agent: new https.Agent({ keepAlive: true }) },
    ]) await new Promise((done) => https.request(options, (r) => r.resume().on("end", done)).end(options.method ? "{}" : undefined));
  `);
  assert.deepEqual(requests, [
    { method: "POST", url: "https://api.example.com/a", headers: { "Accept-Encoding": "gzip, deflate" }, redirect: "manual", body: "{}" },
    { method: "GET", url: "https://[::1]:8443/b?c", headers: {}, redirect: "manual" },
    { method: "GET", url: "https://h/", headers: { Host: "other", "accept-encoding": "identity" }, redirect: "manual" },
    { method: "GET", url: "https://h/", headers: {}, redirect: "manual" },
  ]);
});

test("a request that fails has the code that Node would give it", async () => {
  const failures = {
    refused: ["refused", "evil.test is not in the binding's allowed_hosts", "ERR_EGRESS_REFUSED"],
    connect: ["network", "connection refused", "ECONNREFUSED"],
    name: ["network", "no such host", "ENOTFOUND"],
    reset: ["network", "the connection was reset", "ECONNRESET"],
    other: ["network", "something else", "ECONNRESET"],
    late: ["timeout", "no answer came in time", "ETIMEDOUT"],
    limit: ["limit", "the run has sent 50 requests (limit 50)", "ERR_LIMIT_EXCEEDED"],
  };
  const { logs } = await sent(`
    for (const name of ${JSON.stringify(Object.keys(failures))}) await new Promise((done) => https.get("https://" + name + ".test/", () => {}).on("error", (e) => { console.log(e.code, "|", e.message); done(); }));
  `, ({ url }) => {
    const [code, message] = failures[new URL(url).hostname.split(".")[0]];
    return { error: { code, message } };
  });
  assert.deepEqual(logs.map((l) => l.split(" | ")[0]), Object.values(failures).map(([, , code]) => code));
  assert.match(logs[0], /allowed_hosts/);
});

test("a request that is given up is taken back from the host", async () => {
  const { cancelled } = await run(`const https = require("https"); exports.onExecutePostUserRegistration = async () => {
    await new Promise((done) => { const r = https.get("https://slow.test/", { timeout: 50 }); r.on("timeout", () => r.destroy()).on("error", done); });
  };`, { http: () => ({ after: Infinity }) });
  assert.deepEqual(cancelled, [1]);
});

test("serving is refused with a reason", async () => {
  const { logs } = await sent(`
    for (const use of [() => https.createServer(), () => require("http").createServer(), () => new (require("http").Server)()]) try { use(); } catch (e) { console.log(e.name, e.code, e.message); }
  `);
  assert.equal(logs.length, 3);
  for (const log of logs) assert.match(log, /^UnsupportedInSandboxError ERR_SANDBOX_UNSUPPORTED https?\.(createServer|Server)\(\) is not available in an action: an action serves no requests/);
});
