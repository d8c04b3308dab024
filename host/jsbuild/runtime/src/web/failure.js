// What a request that brought no response looks like to a program that was
// written for Node: an Error with the code and the words that Node would have given.
const reasons = [
  ["network", /connection refused/, "ECONNREFUSED", "connect"],
  ["network", /no such host/, "ENOTFOUND", "getaddrinfo"],
  ["network", /could not be looked up/, "EAI_AGAIN", "getaddrinfo"],
  ["network", /connection was reset/, "ECONNRESET", "read"],
  ["network", /no route to the host/, "EHOSTUNREACH", "connect"],
  ["network", /certificate is for another host/, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ["network", /certificate is self-signed/, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ["network", /unknown authority/, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ["network", /certificate has expired/, "CERT_HAS_EXPIRED"],
  ["network", /certificate is not valid/, "CERT_UNTRUSTED"],
  ["network", /does not speak TLS|TLS handshake failed/, "EPROTO"],
  ["network", /answer is not HTTP/, "HPE_INVALID_CONSTANT"],
  ["network", /./, "UND_ERR_SOCKET"],
  ["timeout", /looked up in time/, "EAI_AGAIN", "getaddrinfo"],
  ["timeout", /connection could not be made in time/, "UND_ERR_CONNECT_TIMEOUT"],
  ["timeout", /./, "UND_ERR_HEADERS_TIMEOUT"],
  ["limit", /sent a body of more than/, "UND_ERR_RES_EXCEEDED_MAX_SIZE"],
  ["limit", /sent headers of more than/, "UND_ERR_HEADERS_OVERFLOW"],
  ["limit", /redirected for the/, "ERR_TOO_MANY_REDIRECTS"],
  ["limit", /./, "ERR_LIMIT_EXCEEDED"],
  ["invalid", /./, "UND_ERR_INVALID_ARG"],
];

// Node's words for a certificate, before the host's.
const words = { DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed certificate", UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable to verify the first certificate", CERT_HAS_EXPIRED: "certificate has expired" };

// causeOf makes of the host's error {code, message} what Node would have
// thrown for a request to url: an Error with code and, for system calls,
// syscall, hostname, address and port. What a policy refuses has a code of its
// own, ERR_EGRESS_REFUSED, and the host's words, which name the allowed hosts.
export function causeOf(error, url) {
  if (error.code === "refused" && /which the request forbids/.test(error.message)) return new Error("unexpected redirect");
  const found = reasons.find(([kind, words]) => kind === error.code && words.test(error.message));
  if (!found) {
    const cause = new Error(error.message);
    return Object.assign(cause, { code: error.code === "refused" ? "ERR_EGRESS_REFUSED" : "UND_ERR" });
  }
  const [, , code, syscall] = found;
  const cause = new Error(syscall ? [syscall, code, where(syscall, url)].filter(Boolean).join(" ") : words[code] ? `${words[code]} (${error.message})` : error.message);
  return Object.assign(cause, { code }, syscall ? details(syscall, code, url) : {});
}

const numbers = { ECONNREFUSED: -111, ENOTFOUND: -3008, EAI_AGAIN: -3001, ECONNRESET: -104, EHOSTUNREACH: -113 };

function details(syscall, code, url) {
  const { hostname, port, protocol } = url;
  const common = { errno: numbers[code], syscall };
  if (syscall === "getaddrinfo") return { ...common, hostname };
  if (syscall === "connect") return { ...common, address: hostname, port: +port || (protocol === "https:" ? 443 : 80) };
  return common;
}

function where(syscall, { hostname, port, protocol }) {
  if (syscall === "getaddrinfo") return hostname;
  return syscall === "connect" ? `${hostname}:${port || (protocol === "https:" ? 443 : 80)}` : "";
}
