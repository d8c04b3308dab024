// tls.checkServerIdentity: whether a certificate is one of a host's.
import { nodeError } from "./errors.js";

// checkServerIdentity returns undefined for a certificate that names the host, and
// otherwise the error that says so. The host checks every connection itself, so this
// one is for programs that ask, or that name it as their check.
export function checkServerIdentity(host, certificate) {
  const wanted = String(host).toLowerCase().replace(/\.$/, "");
  const names = (certificate?.subjectaltname ?? "").split(/,\s*/).filter(Boolean);
  const given = names.flatMap((name) => /^(?:DNS|IP Address):(.*)$/.exec(name)?.[1]?.toLowerCase() ?? []);
  if (given.length === 0 && certificate?.subject?.CN) given.push(...[certificate.subject.CN].flat().map((name) => name.toLowerCase()));
  if (given.some((name) => fits(name, wanted))) return undefined;
  const reason = `Host: ${host}. is not ${names.length ? "in the cert's altnames: " + names.join(", ") : `cert's CN: ${certificate?.subject?.CN ?? ""}`}`;
  return Object.assign(nodeError(Error, "ERR_TLS_CERT_ALTNAME_INVALID", `Hostname/IP does not match certificate's altnames: ${reason}`), { reason, host, cert: certificate });
}

// fits compares a name, whose first label may be *.
function fits(name, host) {
  return name === host || (name.startsWith("*.") && host.includes(".") && name.slice(1) === host.slice(host.indexOf(".")));
}
