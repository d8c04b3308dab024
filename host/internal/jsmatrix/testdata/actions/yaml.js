// parse, stringify, a document with comments
import { parse, parseDocument, stringify } from "yaml";

console.log(JSON.stringify(parse("a:\n  - 1\n  - x: ~")), stringify({ a: [1, { b: "yes" }] }), String(parseDocument("# note\na: 1").set("b", 2) ?? "") === "");
