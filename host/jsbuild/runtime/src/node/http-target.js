// Where a request goes: what http.request makes of a URL and its options.
import { url as urls } from "./url.js";
import { addressOf as proxyAddress } from "./http-settings.js";
import { nodeError, invalidArgument } from "./errors.js";

// optionsOf returns the options of a request, of which input and options may be
// the address and the rest, or both in one.
export function optionsOf(input, options) {
  if (typeof input === "string") return { ...urls.urlToHttpOptions(new URL(input)), ...options };
  if (input instanceof URL || (typeof input?.searchParams === "object" && typeof input.href === "string")) return { ...urls.urlToHttpOptions(input), ...options };
  return { ...input, ...options };
}

// targetOf returns {url, path, host, hostname, port, defaultPort, protocol, authority, origin,
// proxy}: authority is the value of the header Host, and proxy the address of the server
// when it is asked for what another one has.
export function targetOf(options, agent) {
  const expected = agent?.protocol ?? options._defaultAgent?.protocol ?? "http:";
  const protocol = options.protocol || options._defaultAgent?.protocol || expected;
  const path = pathOf(options);
  const guessed = agent !== undefined && guesses(agent);
  if (protocol !== expected && !guessed) throw nodeError(TypeError, "ERR_INVALID_PROTOCOL", `Protocol "${protocol}" not supported. Expected "${expected}"`);
  const host = checkHost(options.hostname, "hostname") || checkHost(options.host, "host") || "localhost";
  const defaultPort = options.defaultPort || (!guessed && agent?.defaultPort) || (protocol === "https:" ? 443 : 80);
  const port = options.port || defaultPort;
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const authority = +port === defaultPort ? name : `${name}:${port}`;
  const standard = protocol === "https:" ? 443 : 80;
  const origin = `${protocol}//${name}${+port === standard ? "" : `:${port}`}`;
  const target = { path, host, hostname: host, defaultPort, port, protocol, authority, origin };
  target.url = addressOf(target, path);
  target.proxy = absolute(path) && !target.url.startsWith(origin) ? proxyAddress({ protocol, host: name, port }) : "";
  return target;
}

// guesses reports whether an agent looks for its protocol in Node's stack, as
// those do that serve http and https alike.
function guesses(agent) {
  for (let at = agent; at; at = Object.getPrototypeOf(at)) {
    const member = Object.getOwnPropertyDescriptor(at, "protocol");
    if (member) return member.get !== undefined;
  }
  return false;
}

// addressOf returns the URL of a path at target.
export function addressOf({ origin }, path) {
  return absolute(path) ? path : origin + (path.startsWith("/") ? path : `/${path}`);
}

function absolute(path) {
  return /^https?:\/\//i.test(path);
}

function pathOf({ path }) {
  if (!path) return "/";
  const text = String(path);
  if (/[^\u0021-\u00ff]/.test(text)) throw nodeError(TypeError, "ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
  return text;
}

function checkHost(host, name) {
  if (host !== null && host !== undefined && typeof host !== "string") throw invalidArgument(`options.${name}`, "of type string or one of undefined or null", host);
  return host;
}
