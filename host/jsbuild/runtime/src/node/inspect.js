// How values are written: Node's own util.inspect and util.format, extracted
// from it by a package that follows its releases.
import "./stack.js";
import "./source-text.js";
import { lacking } from "./atomics.js";
import extracted from "node-inspect-extracted";

if (lacking) delete globalThis.Atomics;

export const { inspect, format, formatWithOptions, stripVTControlCharacters } = extracted;
