// The server that a corpus asks: one function says what it answers, for Node's
// real requests and for the engine's.
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

const json = (value) => ({ status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) });

const routes = {
  "/echo": (request) => json(request),
  "/text": () => ({ status: 200, headers: { "content-type": "text/plain" }, body: "some text" }),
  "/bytes": () => ({ status: 200, headers: {}, body: Buffer.from([0, 1, 2, 254, 255]) }),
  "/json": () => json({ a: [1, "ü", null] }),
  "/broken-json": () => ({ status: 200, headers: { "content-type": "application/json" }, body: "<html>oops</html>" }),
  "/bom": () => ({ status: 200, headers: {}, body: Buffer.from("\ufefftext") }),
  "/gzip": () => ({ status: 200, headers: { "content-encoding": "gzip" }, body: gzipSync("unpacked") }),
  "/cookies": () => ({ status: 200, headers: { "set-cookie": ["a=1; Path=/", "b=2"], "x-many": ["1", "2"] }, body: "" }),
  "/form": () => ({ status: 200, headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=1&b=%C3%BC+x&a=2" }),
  "/302": () => ({ status: 302, headers: { location: "/echo" }, body: "moved" }),
  "/303": () => ({ status: 303, headers: { location: "/echo" }, body: "" }),
  "/307": () => ({ status: 307, headers: { location: "/echo" }, body: "" }),
  "/never": () => null,
};

// answer returns {status, headers, body} for {method, path, headers, body}, or
// null for never.
export function answer(request) {
  const [path, query] = request.path.split("?");
  const status = /^\/status\/(\d+)$/.exec(path);
  if (status) return { status: +status[1], headers: { "x-query": query ?? "" }, body: [204, 304].includes(+status[1]) ? "" : "body" };
  return (routes[path] ?? (() => ({ status: 404, headers: {}, body: "" })))(request);
}

// What differs from one machine or connection to another says nothing.
const dropped = ["host", "connection", "accept-encoding", "content-length", "transfer-encoding", "date", "keep-alive", "idempotency-key"];

function kept(headers) {
  const entries = Object.entries(headers).filter(([name]) => !dropped.includes(name.toLowerCase()));
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]).sort());
}

function requestOf(method, path, headers, body) {
  const text = body.toString("latin1").replace(/----formdata-[\w-]+/g, "BOUNDARY");
  const shown = kept(headers);
  if (shown["content-type"]) shown["content-type"] = shown["content-type"].replace(/----formdata-[\w-]+/g, "BOUNDARY");
  return { method, path, headers: shown, body: text };
}

// listen starts the server; {base, close}.
export async function listen() {
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const reply = answer(requestOf(request.method, request.url, request.headers, Buffer.concat(pieces)));
    if (!reply) return;
    response.sendDate = false;
    response.writeHead(reply.status, reply.headers);
    response.end(request.method === "HEAD" ? undefined : reply.body);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { base: `http://127.0.0.1:${server.address().port}`, close };
}

// host answers what the engine asks, as Usher's own does: it follows redirects
// and unpacks bodies.
export function host(request) {
  const body = request.body_base64 ? Buffer.from(request.body_base64, "base64") : Buffer.from(request.body ?? "");
  const url = new URL(request.url);
  if (url.hostname === "refused.invalid") return { error: { code: "network", message: `${url.origin}: connection refused` } };
  if (url.hostname === "nowhere.invalid") return { error: { code: "network", message: `${url.origin}: no such host` } };
  const reply = answer(requestOf(request.method, url.pathname + url.search, request.headers, body));
  if (!reply) return { after: Infinity };
  const redirected = followed(request, url, reply);
  if (redirected) return redirected;
  const unpacked = reply.headers["content-encoding"] ? Buffer.from("unpacked") : Buffer.from(request.method === "HEAD" ? "" : reply.body);
  return { status: reply.status, headers: listsOf(reply.headers), body_base64: unpacked.toString("base64"), url: request.url };
}

function followed(request, url, { status, headers: { location } }) {
  if (!location || request.redirect === "manual") return null;
  if (request.redirect === "error") {
    return { error: { code: "refused", message: `${url.origin} answered with a redirect, which the request forbids` } };
  }
  const next = { ...request, url: new URL(location, url).href };
  if (status === 303 || (status === 302 && request.method === "POST")) {
    const { "content-type": type, ...headers } = request.headers;
    Object.assign(next, { method: "GET", body: undefined, body_base64: undefined, headers });
  }
  return host(next);
}

function listsOf(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [].concat(value)]));
}
