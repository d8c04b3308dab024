// The adapter of the package axios: what its own adapter for Node does, without the
// streams, events and redirect code between it and the host.
//
// Only what goes right in one step is done here: an ordinary request whose answer
// is no redirect. All else is left to the package's own adapter, of whatever version,
// which stands on node:http: a request with settings that it is not certain of at once;
// one that was redirected, failed, took too long or was aborted with what has come of
// it, which the first request of node:http then gets in place of an exchange. The
// headers that the package's adapter adds are learnt from itself, when it loads.
import { request as send } from "../loop/request.js";
import { plainParts } from "../web/plain-url.js";
import { Buffer } from "./buffer.js";
import { joined } from "./http-headers.js";
import { withOutcome } from "./http-outcome.js";
import { SentRequest } from "./http-sent.js";
import { statusCodes } from "./http-status.js";

// plainKeys are the keys of a config that change nothing of what is done here. The
// values of others decide, see isPlain; with one that is not known the request is the
// package's own adapter's.
const plainKeys = new Set([
  "url", "method", "baseURL", "data", "headers", "params", "paramsSerializer", "transformRequest", "transformResponse", "adapter", "transitional", "validateStatus", "env", "withCredentials", "withXSRFToken", "xsrfCookieName",
  "xsrfHeaderName", "timeoutErrorMessage", "allowAbsoluteUrls", "formSerializer", "signal", "maxRedirects", "responseType", "timeout", "hasOwnProperty", "parseReviver",
]);

const absent = (value) => value === undefined || value === null;
const unlimited = (value) => absent(value) || value === -1 || value === Infinity;
const utf8 = (value) => absent(value) || value === "utf8";

// plainValues test the values of keys that do change something.
const plainValues = {
  auth: absent, beforeRedirect: absent, cancelToken: absent, decompress: (value) => value !== false, httpAgent: absent, httpsAgent: absent, lookup: absent, maxBodyLength: unlimited, maxContentLength: unlimited, maxRate: absent,
  onDownloadProgress: absent, onUploadProgress: absent, proxy: (value) => absent(value) || value === false, responseEncoding: utf8, socketPath: absent, transport: absent,
};

// adapter returns the adapter that stands for own, the package's. core is what it
// needs of the package: {settle, buildFullPath, buildURL, AxiosHeaders}, the last for
// versions that have it.
export function adapter(own, core) {
  if (typeof own !== "function") return own;
  const added = learn(own, core.AxiosHeaders);
  if (added === null) return own;
  return function httpAdapter(config) {
    const prepared = isPlain(config) ? prepare(config, core, added) : null;
    return prepared === null ? own(config) : new Promise((resolve, reject) => exchange({ ...prepared, config, core, own, resolve, reject }));
  };
}

// learn has the package's adapter make two requests that go nowhere, and returns what
// headers it adds, as [[name, value]] with a null for the length of the body; null if
// that can't be found out.
function learn(own, AxiosHeaders) {
  try {
    const bare = added(own, AxiosHeaders, "get", undefined);
    const full = added(own, AxiosHeaders, "post", "four");
    if (JSON.stringify(bare) !== JSON.stringify(full.filter(([, value]) => String(value) !== "4"))) return null;
    return full.map(([name, value]) => [name, String(value) === "4" ? null : value, typeof value]);
  } catch {
    return null;
  }
}

function added(own, AxiosHeaders, method, data) {
  const headers = AxiosHeaders ? new AxiosHeaders() : {};
  let sent = null;
  const silent = new Proxy(function () {}, { get: (_, name) => (name === "then" ? undefined : silent), apply: () => silent });
  const transport = { request: (options) => ((sent = options), silent) };
  own({ method, url: "http://a.example/", headers, data, transport, timeout: 0, maxContentLength: -1, maxBodyLength: -1, validateStatus: null, proxy: false }).catch(() => {});
  if (sent === null) throw new Error("axios's adapter sends later than it is called");
  return Object.entries(headers);
}

function isPlain(config) {
  for (const key in config) {
    if (plainKeys.has(key)) continue;
    const test = plainValues[key];
    if (test === undefined || !test(config[key])) return false;
  }
  const { timeout, responseType, signal } = config;
  return (absent(timeout) || typeof timeout === "number") && responseType !== "stream" && responseType !== "formdata" && !signal?.aborted && !proxied();
}

// proxied reports whether the environment names a proxy.
function proxied() {
  const { env } = process;
  return Boolean(env.http_proxy || env.https_proxy || env.HTTP_PROXY || env.HTTPS_PROXY || env.all_proxy || env.ALL_PROXY || env.npm_config_proxy || env.npm_config_https_proxy);
}

// prepare returns {method, url, path, parts, headers, body} of a request, or null. It
// changes the config's headers last, as the package's adapter does.
function prepare(config, { buildFullPath, buildURL }, added) {
  const full = config.baseURL ? buildFullPath(config.baseURL, config.url, config.allowAbsoluteUrls, config) : config.url;
  const parts = typeof full === "string" ? plainParts(full) : undefined;
  if (parts === undefined || parts.query === "" || /['|`^{}\\[\]]/.test(full)) return null;
  const body = bodyOf(config.data);
  const names = namesOf(config.headers);
  if (body === null || names === null) return null;
  const bare = parts.query === null ? parts.path : `${parts.path}?${parts.query}`;
  const path = config.params ? buildURL(bare, config.params, config.paramsSerializer).replace(/^\?/, "") : bare;
  if (/[^\u0021-\u00ff]/.test(path)) return null;
  addHeaders(config.headers, names, added, body);
  const origin = `${parts.scheme}://${parts.host}${parts.port === null ? "" : `:${parts.port}`}`;
  return { method: config.method.toUpperCase(), url: origin + path, path, parts, body };
}

// bodyOf returns a body's string or bytes, undefined for none, and null for one that
// is of another kind.
function bodyOf(data) {
  if (!data) return undefined;
  if (typeof data === "string" || data instanceof Uint8Array) return data;
  return data instanceof ArrayBuffer ? new Uint8Array(data) : null;
}

const valid = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const framing = /^(?:host|expect|upgrade|te|trailer|transfer-encoding|connection|content-length|accept-encoding|proxy-authorization)$/;

// namesOf returns the names of headers in lower case, or null when one of them is for
// the package's adapter.
function namesOf(headers) {
  const names = new Set();
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    const lower = name.toLowerCase();
    if (names.has(lower) || framing.test(lower) || !valid.test(name)) return null;
    if (typeof value !== "string" || !value || /^\s|\s$|[^\t\x20-\x7e]/.test(value)) return null;
    names.add(lower);
  }
  return names;
}

function addHeaders(headers, names, added, body) {
  for (const [name, value, type] of added) {
    if (names.has(name.toLowerCase()) || (value === null && body === undefined)) continue;
    const length = value === null && (typeof body === "string" ? Buffer.byteLength(body) : body.length);
    headers[name] = value ?? (type === "string" ? String(length) : length);
  }
}

// unsent are the headers of those that the host itself sets.
const unsent = new Set(["content-length", "accept-encoding"]);

function wire(headers) {
  const sent = {};
  for (const name of Object.keys(headers)) if (!unsent.has(name.toLowerCase())) sent[name] = headers[name];
  return sent;
}

// exchange sends the request, and settles the promise of it.
function exchange({ method, url, path, parts, body, config, core, own, resolve, reject }) {
  const { timeout, signal } = config;
  const { promise, cancel } = send({ method, url, headers: wire(config.headers), body, redirect: "manual" });
  let timer;
  // handOver leaves what has come of the exchange to the package's adapter.
  const handOver = (outcome) => {
    clearTimeout(timer);
    signal?.removeEventListener?.("abort", aborted);
    resolve(withOutcome(outcome, () => own(config)));
  };
  const aborted = () => {
    cancel();
    handOver({});
  };
  if (timeout > 0) {
    timer = setTimeout(() => {
      cancel();
      handOver({ late: true });
    }, timeout);
  }
  signal?.addEventListener?.("abort", aborted);
  promise.then((answer) => {
    if (!isFinal(answer)) return handOver({ answer });
    clearTimeout(timer);
    signal?.removeEventListener?.("abort", aborted);
    const request = new SentRequest({ method, url, path, parts, headers: config.headers, answer });
    core.settle(resolve, reject, responseOf(answer, method, config, request, core.AxiosHeaders));
  }, (error) => handOver({ error }));
}

function isFinal({ status, headers }) {
  return !(status >= 300 && status < 400 && headers.location) && headers["content-encoding"] === undefined;
}

function responseOf({ status, headers: lists, body }, method, config, request, AxiosHeaders) {
  const plain = joined(lists);
  const headers = AxiosHeaders ? Object.assign(new AxiosHeaders(), plain) : plain;
  const response = { status, statusText: statusCodes[status] ?? "", headers, config, request };
  response.data = dataOf(method === "HEAD" ? "" : body, config.responseType);
  return response;
}

function dataOf(body, type) {
  if (type === "arraybuffer") return typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = typeof body === "string" ? body : Buffer.from(body).toString();
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
