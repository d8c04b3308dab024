// Node's url and what goes with it.
import punycode from "unenv/node/punycode";
import { builtins } from "../node/index.js";
import { url } from "../node/url.js";

Object.assign(builtins, { punycode: { ...punycode }, url });
