// A short way to what whatwg-url-minimum makes of a plain absolute http(s)
// URL, which it parses letter by letter: one that is its own href, but for a
// missing slash and a default port.
import { URL as Parser } from "whatwg-url-minimum";

const [state] = Object.getOwnPropertySymbols(new Parser("http://a/"));

const label = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
const byte = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const host = `(?:${label}\\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?|${byte}(?:\\.${byte}){3}`; // what ends in a number is an address
const path = "/[!$%&'()*+,\\-./0-9:;=@A-Z[\\]_a-z|~]*";
const query = "[!$%&()*+,\\-./0-9:;=?@A-Z[\\\\\\]^_`a-z{|}~]*";
const plain = new RegExp(`^(https?)://(${host})(?::(0|[1-9]\\d{0,4}))?(${path})?(?:\\?(${query}))?$`);
const dots = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const defaultPorts = { http: 80, https: 443 };
const maxPort = 65535;

// plainURL returns a new Parser's object with prototype, or undefined when the
// URL is not plain.
export function plainURL(url, prototype) {
  const parts = plainParts(url);
  if (parts === undefined) return undefined;
  const { scheme, host, port, path, query } = parts;
  const made = Object.create(prototype);
  made[state] = {
    url: { scheme, username: "", password: "", host, port, path: path.slice(1).split("/"), query, fragment: null, opaquePath: false },
    query: null,
  };
  return made;
}

// plainParts returns {scheme, host, port, path, query} of a URL, or undefined when it
// is not plain: port is null for the scheme's own, query for none.
export function plainParts(url) {
  const found = plain.exec(url);
  if (found === null) return undefined;
  const [, scheme, host, digits, path = "/", query = null] = found;
  const number = digits === undefined ? null : Number(digits);
  if (number > maxPort || host.includes("xn--") || dots.test(path)) return undefined;
  return { scheme, host, port: number === defaultPorts[scheme] ? null : number, path, query };
}
