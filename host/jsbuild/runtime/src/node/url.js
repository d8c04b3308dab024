// node:url.
import { console } from "./console.js";
import plain from "unenv/node/url";

// The package tells on first use that url.parse is not the best there is, as
// Node does not.
const { warn } = console;
console.warn = () => {};
plain.parse("/");
console.warn = warn;

export const url = {
  ...plain,
  get URL() {
    return globalThis.URL;
  },
  get URLSearchParams() {
    return globalThis.URLSearchParams;
  },
};
