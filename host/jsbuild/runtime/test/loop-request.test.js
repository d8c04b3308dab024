// Requests through the host.
import assert from "node:assert/strict";
import { test } from "node:test";
import { handler, run } from "./engine.js";

test("fetches overlap", async () => {
  const { elapsed, logs, requests } = await run(handler(`
    const strings = await Promise.all([1, 2, 3].map(async (n) => (await fetch("https://a.example/" + n)).text()));
    console.log(strings.join());
  `), { http: (request, n) => ({ body: "t" + n, after: 100 - 10 * n }) });
  assert.deepEqual([elapsed, logs[0].message, requests.length], [100, "t0,t1,t2", 3]);
});

test("a run waits for a request that was not awaited", async () => {
  const { elapsed, error, requests } = await run(handler(`fetch("https://a.example/", { method: "POST", body: "x" });`), { http: () => ({ after: 300 }) });
  assert.deepEqual([elapsed, error, requests[0].body], [300, undefined, "x"]);
});

test("the failure of a request that was not awaited is reported", async () => {
  const { error, output, logs } = await run(handler(`fetch("https://a.example/");`), { http: () => ({ error: { code: "network", message: "connection refused" }, after: 5 }) });
  assert.equal(error, undefined);
  assert.match(logs[0].message, /^Unhandled promise rejection: TypeError: fetch failed[^]*connect ECONNREFUSED a\.example:443/);
  assert.equal(output.unhandled.length, 1);
});

test("timers fire while requests are on their way", async () => {
  const { logs, slept } = await run(handler(`
    setTimeout(() => console.log("timer"), 50);
    await fetch("https://a.example/"); console.log("answer");
  `), { http: () => ({ after: 100 }) });
  assert.deepEqual([logs.map((l) => l.message), slept], [["timer", "answer"], []]);
});

test("answers come between immediates", async () => {
  const { logs, error } = await run(handler(`
    let answered = false; fetch("https://a.example/").then(() => (answered = true));
    let n = 0; while (!answered) { await new Promise((r) => setImmediate(r)); n++; }
    console.log(n > 1);
  `), { http: () => ({ after: 3 }) });
  assert.deepEqual([logs[0].message, error], ["true", undefined]);
});

test("a request that is aborted is given up", async () => {
  const { cancelled, elapsed, error } = await run(handler(`await fetch("https://a.example/", { signal: AbortSignal.timeout(50) });`), { http: () => ({ after: Infinity }) });
  assert.deepEqual([cancelled, elapsed, error.name], [[1], 50, "TimeoutError"]);
});

test("bytes that are text go as text, others in base64", async () => {
  const { requests } = await run(handler(`
    for (const body of [new TextEncoder().encode("grüße"), new Uint8Array([0xff, 0]), "plain", new Uint8Array(), new TextEncoder().encode("\\ufffd")]) await fetch("https://a.example/", { method: "POST", body });
  `), { http: () => ({}) });
  assert.deepEqual(requests.map((r) => r.body ?? r.body_base64), ["grüße", "/wA=", "plain", undefined, "77+9"]);
});

test("an answer's bytes come whole", async () => {
  const { logs } = await run(handler(`console.log([...new Uint8Array(await (await fetch("https://a.example/")).arrayBuffer())].join());`), { http: () => ({ body_base64: "/wCA" }) });
  assert.equal(logs[0].message, "255,0,128");
});
