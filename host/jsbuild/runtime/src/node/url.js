// node:url.
import { console } from "./console.js";
import plain from "unenv/node/url";

// The package warns, on first use, that url.parse is deprecated. Node does not.
const { warn } = console;
console.warn = () => {};
plain.parse("/");
console.warn = warn;

const order = ["protocol", "slashes", "auth", "host", "port", "hostname", "hash", "search", "query", "pathname", "path", "href"];

// parse gives the fields in Node's order, which shows when they are printed.
function parse(text, ...rest) {
  const parsed = plain.parse(text, ...rest);
  if (parsed === text) return parsed;
  const ordered = new plain.Url();
  for (const name of order) delete ordered[name];
  for (const name of order) ordered[name] = parsed[name];
  return ordered;
}

export const url = {
  ...plain,
  parse,
  get URL() {
    return globalThis.URL;
  },
  get URLSearchParams() {
    return globalThis.URLSearchParams;
  },
};
