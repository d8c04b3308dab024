// parse with a header, unparse
import Papa from "papaparse";

console.log(Papa.parse('a,b\n1,"x, y"\n', { header: true, skipEmptyLines: true, dynamicTyping: true }).data, Papa.unparse([{ a: 1, b: "x, y" }]));
