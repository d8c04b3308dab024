// The package undici, as far as an action has a use for it: fetch is the runtime's,
// and request and stream send through the host as it does.
import { request as send } from "../loop/request.js";
import { onAbort } from "../web/abort.js";
import { checkDispatcher, getGlobalDispatcher, setGlobalDispatcher } from "../web/dispatcher.js";
import { causeOf } from "../web/failure.js";
import { payloadOf } from "../web/payload.js";
import { statuses } from "../web/status.js";
import { Buffer } from "./buffer.js";
import { joined } from "./http-headers.js";
import { stream as streams } from "./stream.js";
import { consumers } from "./stream-consumers.js";
import { refused } from "./unsupported.js";
import { Agent, BalancedPool, Client, Dispatcher, EnvHttpProxyAgent, Pool, ProxyAgent, redirections } from "./undici-dispatchers.js";
import { errors, InvalidArgumentError, ResponseStatusCodeError, typed } from "./undici-errors.js";

// Body is a response's body: a stream that can be read whole.
class Body extends streams.Readable {
  #used = false;
  #type;

  constructor(bytes, type) {
    super({ read() {} });
    this.#type = type;
    if (bytes.length > 0) this.push(bytes);
    this.push(null);
  }
  get bodyUsed() {
    return this.#used || this.readableDidRead;
  }
  get body() {
    return streams.Readable.toWeb(this);
  }
  async #whole(read) {
    if (this.bodyUsed || this.destroyed) throw new TypeError("unusable");
    this.#used = true;
    return read(this);
  }
  text() {
    return this.#whole(consumers.text);
  }
  json() {
    return this.#whole(consumers.json);
  }
  arrayBuffer() {
    return this.#whole(consumers.arrayBuffer);
  }
  bytes() {
    return this.#whole(consumers.bytes);
  }
  blob() {
    return this.#whole(async (body) => new Blob([await consumers.buffer(body)], { type: this.#type ?? "" }));
  }
  async formData() {
    throw new errors.NotSupportedError();
  }
  async dump() {
    this.#used = true;
    this.resume();
    return null;
  }
}
Object.defineProperty(Body, "name", { value: "BodyReadable" });

const methods = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;

// addressOf returns the URL of a request to url, which may be an object with an origin;
// a path in the options replaces that of url.
function addressOf(url, { path, query }) {
  const origin = url?.origin instanceof URL ? url.origin.origin : url?.origin;
  const base = typeof url === "string" || url instanceof URL ? new URL(url) : typeof origin === "string" ? new URL(url.path ?? "/", origin) : undefined;
  if (base === undefined) throw new InvalidArgumentError("invalid url");
  if (!/^https?:$/.test(base.protocol)) throw new InvalidArgumentError("Invalid URL protocol: the URL must start with `http:` or `https:`.");
  const target = path === undefined || path === null ? base : new URL(base.origin + (path.startsWith("/") ? path : `/${path}`));
  for (const [name, value] of Object.entries(query ?? {})) for (const one of [value].flat()) target.searchParams.append(name, one);
  target.hash = "";
  return target;
}

// headersOf takes headers as an object, as names and values in turn, or as pairs.
function headersOf(headers) {
  if (!headers) return {};
  const list = {};
  const add = (name, value) => {
    if (value !== undefined && value !== null) (list[name.toLowerCase()] ??= []).push(...[value].flat().map(String));
  };
  if (Array.isArray(headers) && !Array.isArray(headers[0])) for (let i = 0; i < headers.length; i += 2) add(headers[i], headers[i + 1]);
  else for (const [name, value] of typeof headers[Symbol.iterator] === "function" ? headers : Object.entries(headers)) add(name, value);
  return list;
}

async function bodyOf(body, headers) {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (!(body instanceof FormData) && !(body instanceof Blob) && typeof body[Symbol.asyncIterator] === "function") return consumers.buffer(body);
  if (typeof body[Symbol.iterator] === "function" && !(body instanceof FormData) && !(body instanceof URLSearchParams)) return Buffer.concat([...body].map((part) => Buffer.from(part)));
  const { payload, type } = payloadOf(body);
  if (type) headers["content-type"] ??= [type];
  return payload.collect();
}

// answerOf sends a request and returns the host's answer.
async function answerOf(url, options) {
  const { method = "GET", signal, headersTimeout, bodyTimeout, dispatcher } = options;
  const follows = (options.maxRedirections ?? dispatcher?.[redirections] ?? 0) > 0;
  if (typeof method !== "string" || !methods.test(method)) throw new InvalidArgumentError("invalid request method");
  const target = addressOf(url, options);
  checkDispatcher(dispatcher, target.href);
  const headers = headersOf(options.headers);
  const body = await bodyOf(options.body, headers);
  if (signal?.aborted) throw signal.reason;
  for (const name of ["content-length", "connection", "transfer-encoding", "keep-alive", "expect"]) delete headers[name];
  const wait = Math.max(headersTimeout ?? 0, bodyTimeout ?? 0);
  const { promise, cancel } = send({ method, url: target.href, headers, body, redirect: follows ? "follow" : "manual", ...(wait > 0 ? { timeout_ms: wait } : {}) });
  return new Promise((resolve, reject) => {
    const abort = (reason) => {
      cancel();
      reject(reason ?? new errors.RequestAbortedError());
    };
    const callOff = signal instanceof AbortSignal ? onAbort(signal, abort) : () => signal?.off?.("abort", abort);
    if (signal && !(signal instanceof AbortSignal)) signal.on?.("abort", abort);
    promise.finally(callOff).then(resolve, (error) => reject(typed(causeOf(error, target))));
  });
}

function bytesOf(body) {
  return typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

async function request(url, options = {}) {
  const { status, headers: lists, body } = await answerOf(url, options);
  const headers = joinedLists(lists);
  const bytes = options.method === "HEAD" ? Buffer.alloc(0) : bytesOf(body);
  if (options.throwOnError && status >= 400) throw new ResponseStatusCodeError(`Response status code ${status}${statuses[status] ? `: ${statuses[status]}` : ""}`, status, headers, contentOf(bytes, headers));
  return { statusCode: status, headers, trailers: {}, opaque: options.opaque ?? null, body: new Body(bytes, headers["content-type"]), context: {} };
}

// joinedLists gives a name that came several times a list, as undici does.
function joinedLists(lists) {
  return Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values.length > 1 ? values : name === "set-cookie" ? values[0] : joined({ [name]: values })[name]]));
}

function contentOf(bytes, headers) {
  const text = bytes.toString();
  try {
    return /application\/json/.test(headers["content-type"]) ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

// stream writes the answer to the stream that factory returns.
async function stream(url, options, factory) {
  const { status, headers, body } = await answerOf(url, options);
  const sink = factory({ statusCode: status, headers: joinedLists(headers), opaque: options.opaque ?? null, context: {} });
  await streams.promises.finished(streams.Readable.from([bytesOf(body)]).pipe(sink));
  return { opaque: options.opaque ?? null, trailers: {} };
}

// answered calls callback with what promise comes to, if there is one.
function answered(promise, callback) {
  if (typeof callback !== "function") return promise;
  promise.then((value) => callback(null, value), (error) => callback(error, null));
}

Object.assign(Dispatcher.prototype, {
  request(options, callback) {
    return answered(request({ origin: options.origin ?? this.origin }, { ...options, dispatcher: this }), callback);
  },
  stream(options, factory, callback) {
    return answered(stream({ origin: options.origin ?? this.origin }, { ...options, dispatcher: this }, factory), callback);
  },
});
const agent = new Agent();
const connections = "the host makes the connections: use request() or fetch()";

export const undici = {
  Dispatcher, Client, Pool, BalancedPool, Agent, ProxyAgent, EnvHttpProxyAgent,
  RetryAgent: refused("undici.RetryAgent", "repeat requests in the action's own code"),
  MockAgent: refused("undici.MockAgent", "run the action with fakes: usher run --fakes"),
  MockClient: refused("undici.MockClient", "run the action with fakes: usher run --fakes"),
  MockPool: refused("undici.MockPool", "run the action with fakes: usher run --fakes"),
  buildConnector: refused("undici.buildConnector", connections),
  connect: refused("undici.connect", connections),
  upgrade: refused("undici.upgrade", connections),
  pipeline: refused("undici.pipeline", "use stream()"),
  interceptors: { redirect: ({ maxRedirections = 10 } = {}) => ({ [redirections]: maxRedirections }), ...Object.fromEntries(["retry", "dump", "dns", "responseError"].map((name) => [name, refused(`undici.interceptors.${name}`, "do it in the action's own code")])) },
  errors,
  request: (url, options, callback) => (typeof options === "function" ? answered(request(url), options) : answered(request(url, options ?? {}), callback)),
  stream: (url, options, factory, callback) => answered(stream(url, options ?? {}, factory), callback),
  setGlobalDispatcher, getGlobalDispatcher: () => getGlobalDispatcher() ?? agent,
  get fetch() {
    return globalThis.fetch;
  },
  util: { headerNameToString: (name) => String(name).toLowerCase(), parseHeaders: headersOf },
  setGlobalOrigin: refused("undici.setGlobalOrigin", "write each URL out"),
  getGlobalOrigin: () => undefined,
};
for (const name of ["Headers", "Response", "Request", "FormData", "File", "WebSocket", "MessageEvent", "EventSource", "CloseEvent"]) {
  Object.defineProperty(undici, name, { get: () => globalThis[name], enumerable: true, configurable: true });
}
