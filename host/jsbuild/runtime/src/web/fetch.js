// fetch: what a request asks for, by the loop from the network, or at hand in
// a data: or blob: URL.
import { request as send } from "../loop/request.js";
import { onAbort } from "./abort.js";
import { blobBytes } from "./blob.js";
import { checkDispatcher } from "./dispatcher.js";
import { causeOf } from "./failure.js";
import { Headers, headersOf, listHeaders } from "./headers.js";
import { Payload } from "./payload.js";
import { Request, readRequest } from "./request.js";
import { makeResponse } from "./response.js";
import { statuses } from "./status.js";
import { blobAt } from "./url.js";

// fetch takes no notice of its this: programs keep it as a method of their own.
export function fetch(input, init = undefined) {
  return start(input, init);
}
Object.defineProperty(fetch, "name", { value: "fetch" });

async function start(input, init) {
  const request = readRequest(new Request(input, init));
  const { signal } = request;
  if (signal?.aborted) {
    dropBody(request, signal.reason);
    throw signal.reason;
  }
  allow(init?.dispatcher, request.url.href);
  const scheme = schemes[request.url.protocol];
  if (!scheme) throw failed(new Error(schemeFault(request.url.protocol)));
  return scheme(request);
}

function allow(dispatcher, url) {
  try {
    checkDispatcher(dispatcher, url);
  } catch (cause) {
    throw failed(cause);
  }
}

const schemes = {
  "http:": overNetwork,
  "https:": overNetwork,
  "data:": ({ url }) => atHand(url, decodeData(url)),
  "blob:": ({ url, method }) => atHand(url, readBlob(url, method)),
};

function schemeFault(protocol) {
  if (protocol === "about:") return "about scheme is not supported";
  return protocol === "file:" ? "not implemented... yet..." : "unknown scheme";
}

function failed(cause) {
  return new TypeError("fetch failed", { cause });
}

function dropBody({ payload }, reason) {
  if (payload && payload.source === null && !payload.unusable) payload.stream.cancel(reason).catch(() => {});
}

async function overNetwork(request) {
  const body = await untilAborted(request.signal, bodyOf(request), (reason) => dropBody(request, reason));
  const { url, method, redirect } = request;
  const target = url.href.replace(/#.*$/s, "");
  const exchange = send({ method, url: target, headers: headersFor(request), redirect, ...body });
  let answer;
  try {
    answer = await untilAborted(request.signal, exchange.promise, () => exchange.cancel());
  } catch (error) {
    throw request.signal?.aborted ? error : failed(causeOf(error, url));
  }
  return responseOf(request, target, answer);
}

async function bodyOf({ payload }) {
  if (!payload) return {};
  try {
    return { body: await payload.collect() };
  } catch (cause) {
    throw failed(cause);
  }
}

// untilAborted waits for promise, or rejects with the signal's reason, having
// called giveUp.
function untilAborted(signal, promise, giveUp) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const callOff = onAbort(signal, (reason) => {
      giveUp(reason);
      reject(reason);
    });
    promise.finally(callOff).then(resolve, reject);
  });
}

const habits = [
  ["accept", "*/*"],
  ["accept-language", "*"],
  ["user-agent", "node"],
];

const always = [
  ["pragma", "no-cache"],
  ["cache-control", "no-cache"],
];
// What each cache mode asks of the caches on the way.
const fresh = { "no-store": always, reload: always, "no-cache": [["cache-control", "max-age=0"]] };

// headersFor returns the headers as the host takes them, with those that Node
// sends of itself.
function headersFor({ headers, mode, cache, method, payload }) {
  const list = listHeaders(headers);
  for (const [name, value] of habits) list[name] ??= [value];
  for (const [name, value] of fresh[cache] ?? []) list[name] ??= [value];
  list["sec-fetch-mode"] = [mode];
  if (payload === null && /^(?:POST|PUT)$/.test(method)) list["content-length"] ??= ["0"];
  return list;
}

function responseOf({ method, signal }, target, answer) {
  const { status, headers, url = target } = answer;
  const statusText = answer.statusText ?? statuses[status] ?? "";
  const payload = method === "HEAD" ? null : new Payload(answer.body ?? "");
  if (signal && payload) onAbort(signal, (reason) => payload.fail(reason));
  const fields = { type: "basic", url, redirected: url !== target, status, statusText };
  return makeResponse(fields, headersOf(headers), payload);
}

function atHand(url, { source, headers, status = 200, statusText = "OK" }) {
  const fields = { type: "basic", url: url.href.replace(/#.*$/s, ""), status, statusText };
  return makeResponse(fields, new Headers(headers), new Payload(source));
}

function readBlob(url, method) {
  const blob = blobAt(url);
  if (method !== "GET" || !blob) throw failed(new Error("invalid method"));
  return { source: blobBytes(blob), headers: { "content-length": blob.size, "content-type": blob.type } };
}

// decodeData reads a data: URL, as the Fetch standard's processor does.
function decodeData(url) {
  const [, head, data] = /^data:([^,]*),(.*)$/s.exec(url.href.replace(/#.*$/s, "")) ?? [];
  if (data === undefined) throw failed(new Error("failed to fetch the data URL"));
  const encoded = /;\x20*base64\x20*$/i;
  let bytes = percentDecoded(data);
  if (encoded.test(head)) bytes = fromBase64(bytes);
  let type = head.replace(encoded, "").trim();
  if (type.startsWith(";")) type = `text/plain${type}`;
  if (!/^[^/;\s]+\/[^/;\s]+\s*(?:;|$)/.test(type)) type = "text/plain;charset=US-ASCII";
  return { source: bytes, headers: { "content-type": type } };
}

function percentDecoded(string) {
  const bytes = [];
  for (let i = 0; i < string.length; i++) {
    const hex = /^%([0-9a-f]{2})/i.exec(string.slice(i, i + 3))?.[1];
    bytes.push(hex ? parseInt(hex, 16) : string.charCodeAt(i));
    if (hex) i += 2;
  }
  return new Uint8Array(bytes);
}

function fromBase64(bytes) {
  try {
    return Uint8Array.from(atob(String.fromCharCode(...bytes)), (c) => c.charCodeAt(0));
  } catch {
    throw failed(new Error("failed to fetch the data URL"));
  }
}
