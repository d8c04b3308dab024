// What fetch asks of the host, and what it makes of the host's answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./engine.js";

const ask = async (body, http = () => ({ status: 200 }), options = {}) => {
  const result = await run(`exports.onExecutePostUserRegistration = async () => {
    const said = await (async () => { ${body} })();
    await fetch("http://result.test/", { method: "POST", body: JSON.stringify(said) });
  };`, { http: (request, n) => (request.url === "http://result.test/" ? { status: 204 } : http(request, n)), timeout_ms: 1e6, ...options });
  assert.equal(result.error, undefined, JSON.stringify(result.error));
  return { said: JSON.parse(result.requests.at(-1).body), requests: result.requests.slice(0, -1), cancelled: result.cancelled, elapsed: result.elapsed };
};
const failure = `try { await fetch("https://host.test:8443/path"); } catch ({ name, message, cause }) {
  const { code, syscall, hostname, address, port, errno } = cause;
  return { error: name + ": " + message, cause: cause.message, code, syscall, hostname, address, port, errno };
}`;

for (const [error, want] of [
  [{ code: "network", message: "https://host.test:8443: connection refused" }, { code: "ECONNREFUSED", syscall: "connect", address: "host.test", port: 8443, errno: -111 }],
  [{ code: "network", message: "https://host.test:8443: no such host" }, { code: "ENOTFOUND", syscall: "getaddrinfo", hostname: "host.test", errno: -3008, cause: "getaddrinfo ENOTFOUND host.test" }],
  [{ code: "network", message: "https://host.test:8443: the name could not be looked up" }, { code: "EAI_AGAIN", syscall: "getaddrinfo", hostname: "host.test", errno: -3001 }],
  [{ code: "network", message: "https://host.test:8443: the connection was reset" }, { code: "ECONNRESET", syscall: "read", errno: -104 }],
  [{ code: "network", message: "https://host.test:8443: no route to the host" }, { code: "EHOSTUNREACH", syscall: "connect", address: "host.test", port: 8443, errno: -113 }],
  [{ code: "network", message: "https://host.test:8443: the certificate is for another host" }, { code: "ERR_TLS_CERT_ALTNAME_INVALID" }],
  [{ code: "network", message: "https://host.test:8443: the certificate is signed by an unknown authority" }, { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" }],
  [{ code: "network", message: "https://host.test:8443: the certificate has expired or is not yet valid" }, { code: "CERT_HAS_EXPIRED" }],
  [{ code: "network", message: "https://host.test:8443: the TLS handshake failed" }, { code: "EPROTO" }],
  [{ code: "network", message: "https://host.test:8443: the connection was closed before the response was complete" }, { code: "UND_ERR_SOCKET" }],
  [{ code: "network", message: "https://host.test:8443: the exchange broke off" }, { code: "UND_ERR_SOCKET" }],
  [{ code: "timeout", message: "https://host.test:8443 did not answer in time (limit 5s)" }, { code: "UND_ERR_HEADERS_TIMEOUT" }],
  [{ code: "timeout", message: "https://host.test:8443: the connection could not be made in time" }, { code: "UND_ERR_CONNECT_TIMEOUT" }],
  [{ code: "timeout", message: "https://host.test:8443: the name could not be looked up in time" }, { code: "EAI_AGAIN", syscall: "getaddrinfo", hostname: "host.test", errno: -3001 }],
  [{ code: "limit", message: "https://host.test:8443 sent a body of more than 5 bytes" }, { code: "UND_ERR_RES_EXCEEDED_MAX_SIZE" }],
  [{ code: "limit", message: "https://host.test:8443 redirected for the sixth time, the limit is 5" }, { code: "ERR_TOO_MANY_REDIRECTS" }],
  [{ code: "limit", message: "the run has sent 50 requests (limit 50)" }, { code: "ERR_LIMIT_EXCEEDED" }],
  [{ code: "invalid", message: "header Host: it must be the URL's own host" }, { code: "UND_ERR_INVALID_ARG" }],
  [{ code: "refused", message: 'https://host.test:8443 is not in the allowed hosts (https://api.test)' }, { code: "ERR_EGRESS_REFUSED", cause: 'https://host.test:8443 is not in the allowed hosts (https://api.test)' }],
  [{ code: "refused", message: "https://host.test:8443 resolves to a private address" }, { code: "ERR_EGRESS_REFUSED", cause: "https://host.test:8443 resolves to a private address" }],
]) {
  test(`a failure reads as in Node: ${error.message}`, async () => {
    const { said } = await ask(failure, () => ({ error }));
    assert.equal(said.error, "TypeError: fetch failed");
    const { cause, ...rest } = said;
    const { cause: text = cause, ...details } = want;
    assert.deepEqual(rest, { error: "TypeError: fetch failed", ...details });
    if (details.syscall) assert.match(cause, new RegExp(`^${details.syscall} ${details.code}( host\\.test(:8443)?)?$`));
    else assert.ok(cause.includes(text) && (cause === error.message || cause.endsWith(`(${error.message})`)), cause);
  });
}

test("the redirect mode goes to the host", async () => {
  const { requests } = await ask(`for (const redirect of ["follow", "manual", "error", undefined]) await fetch("http://h.test/", { redirect });` + " return 1;");
  assert.deepEqual(requests.map(({ redirect }) => redirect), ["follow", "manual", "error", "follow"]);
});

test("text goes as text and bytes as bytes", async () => {
  const { requests } = await ask(`
    for (const body of ["ü", new Uint8Array([0xff]), new TextEncoder().encode("x"), new Blob(["b"]), new URLSearchParams("a=b"), ""]) await fetch("http://h.test/", { method: "POST", body });
    return 1;`);
  assert.deepEqual(requests.map(({ body, body_base64 }) => body ?? body_base64), ["ü", "/w==", "x", "b", "a=b", undefined]);
});

test("requests overlap", async () => {
  const { elapsed, said } = await ask(`return (await Promise.all([1, 2, 3].map(async (n) => (await fetch("http://h.test/" + n)).text())));`,
    ({ url }) => ({ status: 200, body: url.at(-1), after: 100 }));
  assert.deepEqual(said, ["1", "2", "3"]);
  assert.ok(elapsed < 200, `${elapsed} ms`);
});

test("an aborted request is given up at the host", async () => {
  const { said, cancelled, elapsed } = await ask(`
    try { await fetch("http://h.test/", { signal: AbortSignal.timeout(250) }); } catch (error) { return [error.name, error.message, error.code, error instanceof DOMException]; }`,
  () => ({ after: Infinity }));
  assert.deepEqual(said, ["TimeoutError", "The operation was aborted due to timeout", 23, true]);
  assert.equal(cancelled.length, 1);
  assert.ok(elapsed >= 250 && elapsed < 300, `${elapsed} ms`);
});

test("a timeout that nothing waits for does not hold the run", async () => {
  const { elapsed } = await ask(`AbortSignal.timeout(60_000); await fetch("http://h.test/", { signal: AbortSignal.timeout(60_000) }); return 1;`);
  assert.ok(elapsed < 1000, `${elapsed} ms`);
});

test("a stream of a request's body is read before it is sent, and no further when aborted", async () => {
  const { said, requests } = await ask(`
    const controller = new AbortController();
    let cancelled;
    const body = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1)); controller.abort("enough"); return new Promise(() => {}); }, cancel(reason) { cancelled = reason; } });
    try { await fetch("http://h.test/", { method: "POST", body, duplex: "half", signal: controller.signal }); } catch (error) { return [error]; }`);
  assert.deepEqual(said, ["enough"]);
  assert.equal(requests.length, 0);
});

test("a redirect that was followed shows in url and redirected", async () => {
  const { said } = await ask(`const r = await fetch("http://h.test/a#x"); const q = await fetch("http://h.test/b"); return [r.url, r.redirected, q.url, q.redirected];`,
    ({ url }) => ({ status: 200, url: url.endsWith("a") ? "http://h.test/elsewhere" : url }));
  assert.deepEqual(said, ["http://h.test/elsewhere", true, "http://h.test/b", false]);
});

test("an error of an event listener is reported, and the others run", async () => {
  const result = await run(`exports.onExecutePostUserRegistration = async () => {
    const target = new EventTarget();
    target.addEventListener("x", () => { throw new RangeError("in a listener"); });
    target.addEventListener("x", () => console.log("second"));
    target.dispatchEvent(new Event("x"));
  };`);
  assert.ok(result.logs.some(({ message }) => message === "second"));
  assert.match(JSON.stringify(result), /in a listener/);
});

test("a prototype that the action changes does not reach the host", async () => {
  const { said, requests } = await ask(`
    Object.prototype.mutated = ["x"];
    Object.prototype.signal = undefined;
    const response = await fetch("http://h.test/", { method: "POST", body: new URLSearchParams({ a: "b" }) });
    return [[...response.headers], await response.text()];`, () => ({ status: 200, headers: { a: ["1"] }, body: "fine" }));
  assert.deepEqual(said, [[["a", "1"]], "fine"]);
  assert.ok(!("mutated" in requests[0].headers) && !("mutated" in requests[0]));
});

test("two runs of an action have nothing in common", async () => {
  const { load } = await import("./engine.js");
  const action = await load(`exports.onExecutePostUserRegistration = async () => {
    performance.mark("m");
    await fetch("http://h.test/", { method: "POST", body: JSON.stringify([performance.getEntries().length, Date.now() - performance.timeOrigin]) });
  };`, { http: () => ({ status: 200 }) });
  try {
    assert.deepEqual(action.run().requests[0].body, "[1,0]");
  } finally {
    action.dispose();
  }
});
