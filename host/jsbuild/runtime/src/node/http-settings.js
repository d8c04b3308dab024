// What a program asks of the connection itself: the host makes it, so a setting
// that changes where a request goes or whom it trusts is refused, not ignored.
import { isOwnCertificate, isOwnProxy } from "../loop/route.js";
import { console } from "./console.js";
import { checkServerIdentity } from "./tls-identity.js";
import { UnsupportedInSandboxError } from "./unsupported.js";

const operators = {
  certificate: "a client certificate is a setting of the action's binding: usher bindings set ACTION --client-certificate CERTIFICATE,KEY, with the names of two secrets in PEM; the code may then set the same cert and key",
  proxy: "a proxy is a setting of the action's binding: usher bindings set ACTION --proxy URL; the code may then name the same one",
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
const harmless = { passphrase: "", checkServerIdentity };

// checkSettings throws for the first of options that an action can't have. The
// certificate and the proxy of the action's binding it can.
export function checkSettings(options) {
  const shown = options.cert && options.key && isOwnCertificate(options.cert, options.key);
  for (const name in options) {
    if (shown && (name === "cert" || name === "key")) continue;
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

// proxyFault returns the error of a request that goes by the proxy at address, null
// when that is the binding's.
export function proxyFault(address) {
  return isOwnProxy(address) ? null : new UnsupportedInSandboxError(`a proxy of the program's own choice (${address})`, operators.proxy);
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

const ports = { "http:": 80, "https:": 443, "socks5:": 1080 };

// addressOf writes an address as the host writes the binding's.
export function addressOf({ protocol, hostname, host, ipaddress, port, type }) {
  const name = String(hostname || host || ipaddress || "").toLowerCase().replace(/:\d+$/, "");
  if (!name) return "";
  const given = (protocol || (type ? `socks${type}:` : "http:")).replace(/:?$/, ":");
  const scheme = /^socks(5h)?:$/.test(given) ? "socks5:" : given;
  const number = Number(port || /:(\d+)$/.exec(host ?? "")?.[1]);
  return `${scheme}//${name}${number && number !== ports[scheme] ? `:${number}` : ""}`;
}
