// How the host sends the run's requests, as far as the envelope says: what a program
// sets itself to the same is right.
let proxy = ""; // its URL without a user
let pairs = []; // {certificate_secret, key_secret} of the client certificates
let secrets = {};

// takeRoute takes the settings of the binding from a run's envelope.
export function takeRoute(execution, event) {
  proxy = execution?.proxy ?? "";
  pairs = execution?.client_certificates ?? [];
  if (pairs.length > 0) secrets = { ...event?.secrets };
}

// isOwnProxy reports whether the binding's proxy is the one at address.
export function isOwnProxy(address) {
  return proxy !== "" && address === proxy;
}

// isOwnCertificate reports whether the binding shows a client certificate, both in PEM.
export function isOwnCertificate(certificate, key) {
  const plain = (pem) => String(pem).trim();
  return pairs.some((pair) => plain(secrets[pair.certificate_secret]) === plain(certificate) && plain(secrets[pair.key_secret]) === plain(key));
}
