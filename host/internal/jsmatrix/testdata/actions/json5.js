// parse, stringify
import JSON5 from "json5";

console.log(JSON5.parse("{a: 1, // note\n b: 'x', c: .5, d: [1,],}"), JSON5.stringify({ a: "it's", "b-c": 1 }));
