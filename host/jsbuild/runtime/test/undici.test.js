// The package undici's functions, as the runtime has them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./engine.js";

async function said(source, http = () => ({ status: 200, headers: { "content-type": ["application/json"] }, body: `{"a":1}` })) {
  const { logs, error, requests } = await run(`const u = require("usher:undici"); exports.onExecutePostUserRegistration = async () => { ${source} };`, { http });
  assert.equal(error, undefined, JSON.stringify(error));
  return { logs: logs.map((l) => l.message), requests };
}

test("request sends through the host, and its body can be read", async () => {
  const { logs, requests } = await said(`
    const { statusCode, headers, body } = await u.request("https://h.test/x", { method: "POST", headers: { "X-A": "1" }, body: "hi", query: { q: "1" } });
    console.log(statusCode, headers["content-type"], JSON.stringify(await body.json()), body.bodyUsed);
    const client = new u.Client("https://h.test"); console.log((await client.request({ path: "/p", method: "GET" })).statusCode);
    await u.request("https://h.test/r", { dispatcher: new u.Agent().compose(u.interceptors.redirect({ maxRedirections: 3 })) });`);
  assert.deepEqual(logs, [`200 application/json {"a":1} true`, "200"]);
  assert.deepEqual(requests.map(({ method, url, headers, body, redirect }) => [method, url, headers["x-a"], body, redirect]), [
    ["POST", "https://h.test/x?q=1", ["1"], "hi", "manual"],
    ["GET", "https://h.test/p", undefined, undefined, "manual"],
    ["GET", "https://h.test/r", undefined, undefined, "follow"],
  ]);
});

test("errors have undici's classes, or the system's codes", async () => {
  const { logs } = await said(`
    for (const f of [() => u.request("https://refused.test/"), () => u.request("https://late.test/", { headersTimeout: 5 }), () => u.request("ftp://h/"), () => u.request("https://h.test/", { signal: AbortSignal.abort() })]) {
      await f().catch((e) => console.log(e.name, e.code));
    }`, ({ url }) => ({ error: url.includes("late") ? { code: "timeout", message: "late.test did not answer in time" } : { code: "network", message: "connection refused" } }));
  assert.deepEqual(logs, ["Error ECONNREFUSED", "HeadersTimeoutError UND_ERR_HEADERS_TIMEOUT", "InvalidArgumentError UND_ERR_INVALID_ARG", "AbortError 20"]);
});

test("a dispatcher with settings of its own is refused, for fetch too", async () => {
  const { logs, requests } = await said(`
    const proxy = new u.ProxyAgent("http://u:p@proxy.test:3128");
    await u.request("https://h.test/", { dispatcher: proxy }).catch((e) => console.log(e.message));
    await fetch("https://h.test/", { dispatcher: proxy }).catch((e) => console.log(e.cause.message));
    await u.request("https://h.test/", { dispatcher: new u.Agent({ connect: { ca: "PEM" } }) }).catch((e) => console.log(e.message));
    u.setGlobalDispatcher(proxy);
    await fetch("https://h.test/").catch((e) => console.log(e.cause.message));
    u.setGlobalDispatcher(new u.Agent({ connections: 5 }));
    console.log((await fetch("https://h.test/", { dispatcher: new u.Agent() })).status);`);
  assert.equal(requests.length, 1);
  for (const i of [0, 1, 3]) assert.match(logs[i], /\(http:\/\/proxy\.test:3128\) .* --proxy URL/);
  assert.match(logs[2], /the option ca/);
  assert.equal(logs[4], "200");
});
