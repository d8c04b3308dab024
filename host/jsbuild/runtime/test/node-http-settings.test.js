// Settings of the connection, which the host makes, are refused with what to do
// instead, and never without a word.
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./engine.js";

// tried sends one request with options, and returns the error's message, or the status.
async function tried(options, extra = "") {
  const source = `const https = require("https"), http = require("http"); ${extra}
    exports.onExecutePostUserRegistration = async () => {
      await new Promise((done) => https.get("https://h.test/x", ${options}, (r) => { r.resume(); console.log(r.statusCode); done(); }).on("error", (e) => { console.log(e.code + " " + e.message); done(); }));
    };`;
  const { logs, error, requests } = await run(source, { http: () => ({ status: 200 }) });
  assert.equal(error, undefined, JSON.stringify(error));
  return { said: logs.map((l) => l.message), requests };
}

for (const [name, options, words] of [
  ["a client certificate", `{ cert: "PEM", key: "PEM" }`, /the option (cert|key) .* --client-certificate/],
  ["a bundle of key and certificate", `{ pfx: Buffer.from("x") }`, /the option pfx .* --client-certificate/],
  ["an authority", `{ ca: ["PEM"] }`, /the option ca .* operator's choice/],
  ["a check of its own", `{ checkServerIdentity: () => {} }`, /the option checkServerIdentity/],
  ["a lookup", `{ lookup: () => {} }`, /the option lookup .* the host finds the way/],
  ["a local socket", `{ socketPath: "/var/run/x.sock" }`, /the option socketPath/],
  ["a local address", `{ localAddress: "127.0.0.1" }`, /the option localAddress/],
  ["a connection", `{ createConnection: () => require("net").connect(1) }`, /net\.connect\(\) is not available/],
  ["a certificate in the agent", `{ agent: new https.Agent({ cert: "PEM", key: "PEM" }) }`, /the option cert .* --client-certificate/],
  ["an authority in the agent", `{ agent: new https.Agent({ ca: "PEM" }) }`, /the option ca/],
  ["an agent that connects itself", `{ agent: new (class extends https.Agent { createConnection() { return require("tls").connect(1); } })() }`, /tls\.connect\(\) is not available/],
  ["an agent that adds settings", `{ agent: new (class extends https.Agent { createConnection(o) { return super.createConnection({ ...o, ca: "PEM" }); } })() }`, /the option ca/],
  ["a socket of another kind", `{ agent: new (class extends https.Agent { createConnection() { return new (require("stream").PassThrough)(); } })() }`, /a socket of the program's own/],
  ["an agent with a proxy", `{ agent: Object.assign(new https.Agent(), { proxy: new URL("http://u:p@proxy.test:3128") }) }`, /proxy .*\(http:\/\/proxy\.test:3128\) .* --proxy URL/],
  ["an older agent with a proxy", `{ agent: Object.assign(new https.Agent(), { proxy: { protocol: "http:", host: "proxy.test", port: 3128, auth: "u:p" } }) }`, /\(http:\/\/proxy\.test:3128\)/],
  ["a tunnel", `{ agent: Object.assign(new https.Agent(), { proxyOptions: { host: "proxy.test", port: 3128 } }) }`, /\(http:\/\/proxy\.test:3128\)/],
  ["an agent that asks the environment", `{ agent: Object.assign(new https.Agent(), { getProxyForUrl: (url) => url.startsWith("https:") ? "http://proxy.test:8080" : "" }) }`, /\(http:\/\/proxy\.test:8080\)/],
  ["an agent for http and https with a proxy", `{ agent: new (class extends http.Agent { proxy = new URL("http://proxy.test:3128"); get protocol() { return "http:"; } set protocol(_) {} get defaultPort() { return 80; } set defaultPort(_) {} })() }`, /\(http:\/\/proxy\.test:3128\)/],
  ["a path that is for another server", `{ path: "http://other.test/y" }`, /\(https:\/\/h\.test\)/],
  ["another protocol on the connection", `{ headers: { Connection: "Upgrade", Upgrade: "websocket" } }`, /the header Upgrade/],
]) {
  test(`${name} is refused`, async () => {
    const { said, requests } = await tried(options);
    assert.equal(said.length, 1, said);
    assert.match(said[0], /^ERR_SANDBOX_UNSUPPORTED /);
    assert.match(said[0], words);
    assert.equal(requests.length, 0);
  });
}

// through runs an action whose binding has a proxy and a client certificate.
async function through(source) {
  const execution = { id: "exe_1", timeout_ms: 20000, proxy: "http://proxy.test:3128", client_certificates: [{ certificate_secret: "CERT", key_secret: "KEY" }] };
  const { logs, error, requests } = await run(`const https = require("https"), http = require("http");
    exports.onExecutePostUserRegistration = async (event) => { const { CERT, KEY } = event.secrets;
      const get = (f) => new Promise((done) => f((r) => { r.resume(); console.log(r.statusCode); done(); }).on("error", (e) => { console.log(e.message); done(); }).end());
      ${source} };`, { execution, secrets: { CERT: "a certificate\n", KEY: "a key" }, http: () => ({ status: 200 }) });
  assert.equal(error, undefined, JSON.stringify(error));
  return { said: logs.map((l) => l.message), requests };
}

test("the binding's own proxy is taken in each way that programs name it", async () => {
  const { said, requests } = await through(`
    for (const proxy of [new URL("http://u:p@PROXY.test:3128/"), { protocol: "http:", host: "proxy.test", port: "3128" }, { host: "proxy.test", port: 3128 }, "http://proxy.test:3128"]) {
      await get((f) => https.request("https://h.test/x", { agent: Object.assign(new https.Agent(), { proxy }) }, f));
    }
    await get((f) => http.request({ host: "proxy.test", port: 3128, path: "http://h.test/y", headers: { Host: "h.test", "Proxy-Authorization": "Basic x" } }, f));
    await get((f) => https.request("https://h.test/x", { agent: Object.assign(new https.Agent(), { proxy: "http://proxy.test:3129" }) }, f));`);
  assert.deepEqual(said.slice(0, 5), ["200", "200", "200", "200", "200"]);
  assert.match(said[5], /\(http:\/\/proxy\.test:3129\)/);
  assert.deepEqual(requests.map(({ url, headers }) => [url, Object.keys(headers)]), [...Array(4).fill(["https://h.test/x", []]), ["http://h.test/y", ["Host"]]]);
});

test("the binding's own client certificate is taken, and no other", async () => {
  const { said } = await through(`
    await get((f) => https.request("https://h.test/x", { cert: CERT, key: KEY }, f));
    await get((f) => https.request("https://h.test/x", { agent: new https.Agent({ cert: Buffer.from(CERT.trim()), key: KEY + "\\n" }) }, f));
    await get((f) => https.request("https://h.test/x", { cert: CERT, key: "another" }, f));
    await get((f) => https.request("https://h.test/x", { cert: CERT, key: KEY, passphrase: "p" }, f));`);
  assert.deepEqual(said.slice(0, 2), ["200", "200"]);
  assert.match(said[2], /the option cert/);
  assert.match(said[3], /the option passphrase/);
});

for (const [name, options] of [
  ["times and counts", `{ agent: new https.Agent({ keepAlive: true, keepAliveMsecs: 500, maxSockets: 2, maxFreeSockets: 1, timeout: 1000, scheduling: "fifo" }) }`],
  ["versions of TLS and of IP", `{ minVersion: "TLSv1.2", ciphers: "ALL", family: 4, servername: "h.test", ecdhCurve: "auto" }`],
  ["settings without a value", `{ ca: undefined, cert: null, key: undefined, passphrase: "", lookup: undefined, agent: undefined }`],
  ["tls's own check", `{ checkServerIdentity: require("node:tls").checkServerIdentity }`],
  ["certificates that are checked", `{ rejectUnauthorized: true }`],
  ["an agent without a proxy for the address", `{ agent: Object.assign(new https.Agent(), { getProxyForUrl: () => "" }) }`],
]) {
  test(`${name} are taken`, async () => {
    const { said } = await tried(options);
    assert.deepEqual(said, ["200"]);
  });
}

test("certificates stay checked, and the log says so once", async () => {
  const { said } = await tried(`{ rejectUnauthorized: false }`, `const agent = new https.Agent({ rejectUnauthorized: false });`);
  assert.equal(said.length, 2);
  assert.match(said[0], /rejectUnauthorized: false has no effect/);
  assert.equal(said[1], "200");
});
