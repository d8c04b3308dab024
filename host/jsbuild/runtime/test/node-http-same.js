// Runs scenarios of node:http in Node and in the engine, against one world, and
// compares what they return.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { gzipSync } from "node:zlib";
import { run } from "./engine.js";
import { retried } from "./node-same.js";

const require = createRequire(import.meta.url);

// answer is what the world says to a request, to both engines.
function answer({ method, path, headers, body }) {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => /^(x-|content-type|authorization|cookie|accept$|user-agent)/.test(name)).sort());
  const echo = JSON.stringify({ method, path, headers: kept, body });
  if (path.startsWith("/status/")) return { status: +path.slice(8), headers: { location: "/there" }, body: "" };
  if (path === "/cookies") return { status: 200, headers: { "set-cookie": ["a=1", "b=2"], "x-many": ["p", "q"] }, body: "" };
  if (path === "/gzip") return { status: 200, headers: { "content-encoding": "gzip" }, body: gzipSync("packed") };
  if (path === "/big" && method === "GET") return { status: 200, headers: {}, body: "x".repeat(300_000) };
  if (path === "/binary") return { status: 200, headers: {}, body: Buffer.from([0, 255, 128]) };
  return { status: 200, headers: { "content-type": "application/json" }, body: method === "HEAD" ? "" : echo };
}

let server;

before(async () => {
  server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === "/never") return;
    const { status, headers, body } = answer({ method: request.method, path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(status, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
});

after(() => {
  server.closeAllConnections();
  server.close();
});

// world answers as the server does, in the engine.
function world(request) {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/never") return { after: Infinity };
  const headers = Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), [value].flat().join(", ")]));
  const body = request.body_base64 ? Buffer.from(request.body_base64, "base64").toString() : request.body ?? "";
  const { body: bytes, ...rest } = answer({ method: request.method, path: pathname + search, headers, body });
  const lists = Object.fromEntries(Object.entries(rest.headers).map(([name, value]) => [name, [value].flat()]));
  return { ...rest, headers: lists, ...(typeof bytes === "string" ? { body: bytes } : { body_base64: bytes.toString("base64") }) };
}

const prelude = `
  const http = require("http"); const https = require("https");
  const events = ["socket", "finish", "response", "close", "error", "abort", "timeout", "continue"];
  // traced sends a request, and returns the order of its events.
  const traced = (make, use = () => {}) => new Promise((resolve) => {
    const log = [];
    const request = make((response) => {
      response.setEncoding("utf8");
      let body = "";
      for (const name of ["end", "close", "aborted", "error"]) response.on(name, (e) => log.push("response " + name + (e ? " " + e.code + " " + e.message : "")));
      response.on("data", (chunk) => body += chunk);
      response.on("end", () => { if (body) log.push(body); });
      use(request, response);
    });
    for (const name of events) request.on(name, (e) => log.push(name + (e instanceof Error ? " " + e.name + " " + e.code + " " + e.message : "")));
    request.on("close", () => setTimeout(() => resolve(log), 30));
  });
  const got = (make) => new Promise((resolve, reject) => { const r = make((response) => { const parts = []; response.on("data", (c) => parts.push(c)).on("end", () => resolve({ response, body: Buffer.concat(parts) })); }); r.on("error", reject); });
  const echoed = async (make) => JSON.parse((await got(make)).body);
  const to = (path) => new URL(path, base);
  const tried = (f) => { try { return f(); } catch (e) { return [e.name, e.code, e.message].join(" | "); } };
`;

const program = (base, scenarios) => `const base = ${JSON.stringify(base)}; ${prelude}
  const scenarios = { ${Object.entries(scenarios).map(([name, code]) => `${JSON.stringify(name)}: async () => ${code}`).join(",\n")} };
  exports.results = async () => {
    const out = {};
    for (const name in scenarios) { try { out[name] = await scenarios[name](); } catch (e) { out[name] = "throws " + e.message; } }
    return JSON.stringify(out);
  };
  exports.onExecutePostUserRegistration = async () => console.log(await exports.results());`;

// same runs scenarios, by name an expression that the prelude's functions help with.
export async function same(scenarios) {
  const source = program(`http://127.0.0.1:${server.address().port}`, scenarios);
  const { logs, error } = await run(source, { http: world });
  assert.equal(error, undefined, JSON.stringify(error));
  const actual = JSON.parse(logs.at(-1).message);
  const node = {};
  new Function("require", "exports", source)(require, node);
  await retried(async () => {
    const expected = JSON.parse(await node.results());
    const wrong = Object.keys(scenarios).filter((name) => JSON.stringify(actual[name]) !== JSON.stringify(expected[name]));
    assert.equal(wrong.length, 0, wrong.map((name) => `${name}\n  engine: ${JSON.stringify(actual[name])}\n  node:   ${JSON.stringify(expected[name])}`).join("\n\n"));
  });
}
