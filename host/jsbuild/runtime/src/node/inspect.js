// How values are written: Node's own util.inspect and util.format, extracted
// from it by a package that follows its releases.
import "./stack.js";
import "./source-text.js";
import "./atomics.js"; // the package reads every namespace of the language when it loads
import extracted from "node-inspect-extracted";

export const { inspect, format, formatWithOptions, stripVTControlCharacters } = extracted;
