// Which requests a fake answers: the same rules as those of `usher run --fakes`.
import { hasStar, matches, unescape } from "./glob.js";

// The steps of a match: how far a fake got says how near it was.
export const near = { url: 1, method: 2, header: 3, body: 4, all: 5 };

// match returns how far request ({method, url, headers, body}) matches pattern,
// and why not whole.
export function match(pattern, request) {
  if (!matchesAddress(pattern.url, request.url)) return [near.url, `it is for ${pattern.url}`];
  if (pattern.method && pattern.method.toUpperCase() !== request.method) return [near.method, `it is for ${pattern.method.toUpperCase()}`];
  for (const name of Object.keys(pattern.headers ?? {}).sort()) {
    const value = request.headers.get(name);
    if (value === null || !matches(pattern.headers[name], value)) {
      return [near.header, `its header ${name} is ${JSON.stringify(pattern.headers[name])}`];
    }
  }
  const why = matchBody(pattern.body, request);
  return why ? [near.body, why] : [near.all, ""];
}

function matchesAddress(pattern, address) {
  return hasStar(pattern) ? matches(pattern, address) : canonical(unescape(pattern)) === address;
}

// canonical writes an address in the one form in which requests are compared.
export function canonical(address) {
  const url = new URL(address);
  url.hash = "";
  return url.href;
}

function matchBody(want, request) {
  if (want === undefined || want === null) return "";
  if (typeof want === "string") return matches(want, request.body) ? "" : "its body is another string";
  const got = values(request);
  return got === undefined ? "it has a JSON body, and the request has none" : contains(want, got, "body");
}

// values returns a request's body as JSON, or as a form; undefined when it is
// neither.
export function values({ headers, body }) {
  if ((headers.get("content-type") ?? "").startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(body));
  }
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

// contains says where got lacks what want has, "" when it has all of it.
function contains(want, got, place) {
  if (typeof want === "string") return typeof got === "string" && matches(want, got) ? "" : differs(want, got, place);
  if (typeof want !== "object" || want === null) return want === got ? "" : differs(want, got, place);
  if (typeof got !== "object" || got === null || Array.isArray(want) !== Array.isArray(got)) return differs(want, got, place);
  if (Array.isArray(want)) {
    if (want.length !== got.length) return differs(want, got, place);
    return first(want, (value, i) => contains(value, got[i], `${place}[${i}]`));
  }
  return first(Object.keys(want).sort(), (name) =>
    Object.hasOwn(got, name) ? contains(want[name], got[name], `${place}.${name}`) : `the request lacks ${place}.${name}`,
  );
}

function first(list, why) {
  for (const [i, item] of list.entries()) {
    const reason = why(item, i);
    if (reason) return reason;
  }
  return "";
}

function differs(want, got, place) {
  return `its ${place} is ${short(want)}, and the request's ${short(got)}`;
}

function short(value) {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
