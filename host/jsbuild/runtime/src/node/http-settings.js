// What a program asks of the connection itself: the host makes it, so a setting
// that changes where a request goes or whom it trusts is refused, not ignored.
import { console } from "./console.js";
import { UnsupportedInSandboxError } from "./unsupported.js";

const operators = {
  certificate: "the client certificate is a setting of the action's binding, client_certificate, which the operator makes with: usher bindings set",
  proxy: "the proxy is a setting of the action's binding, proxy, which the operator makes with: usher bindings set",
  trust: "which authorities are trusted is the operator's choice, for the whole host",
  route: "the host finds the way to the server: send the request to the server's own name",
};

// settings are the options that are refused, each with a reason.
const settings = {
  cert: operators.certificate,
  key: operators.certificate,
  pfx: operators.certificate,
  passphrase: operators.certificate,
  clientCertEngine: operators.certificate,
  secureContext: operators.certificate,
  ca: operators.trust,
  crl: operators.trust,
  checkServerIdentity: operators.trust,
  lookup: operators.route,
  socketPath: operators.route,
  localAddress: operators.route,
  localPort: operators.route,
  socket: operators.route,
};

// Some packages set these to what is so anyway.
const harmless = { passphrase: "" };

// checkSettings throws for the first of options that an action can't have.
export function checkSettings(options) {
  for (const name in options) {
    const reason = settings[name];
    const value = options[name];
    if (reason === undefined || value === undefined || value === null || value === false || value === harmless[name]) continue;
    throw new UnsupportedInSandboxError(`the option ${name} of a request or its agent`, reason);
  }
  if (options.rejectUnauthorized === false || process.env.NODE_TLS_REJECT_UNAUTHORIZED === "0") warnOfTrust();
}

let warned = false;

// Unchecked certificates are not refused: the check that stays on can only make
// the request fail, and then with its reason.
function warnOfTrust() {
  if (warned) return;
  warned = true;
  console.warn(`rejectUnauthorized: false has no effect in an action: certificates are always checked, and ${operators.trust}`);
}

// proxyRefusal is the error of a request that goes by a proxy of the program's choice.
export function proxyRefusal(proxy) {
  return new UnsupportedInSandboxError(`a proxy of the program's own choice (${proxy})`, operators.proxy);
}

// proxyOf returns the address of the proxy that an agent sends requests for url
// to, without its user; "" for none. The packages' agents keep it under these names.
export function proxyOf(agent, url) {
  if (typeof agent.getProxyForUrl === "function") {
    const proxy = agent.getProxyForUrl(url);
    return typeof proxy === "string" ? proxy && addressOf(new URL(proxy)) : "";
  }
  const proxy = agent.proxy ?? agent.proxyUri ?? agent.proxyOptions;
  if (typeof proxy === "string") return URL.canParse(proxy) ? addressOf(new URL(proxy)) : proxy;
  return proxy && typeof proxy === "object" ? addressOf(proxy) : "";
}

function addressOf({ protocol, hostname, host, ipaddress, port, type }) {
  const name = hostname || host || ipaddress;
  if (!name) return "";
  const scheme = protocol || (type ? `socks${type}:` : "http:");
  return `${scheme.replace(/:?$/, ":")}//${name}${port && !String(name).endsWith(`:${port}`) ? `:${port}` : ""}`;
}
