// both ways
import convert from "xml-js";

console.log(convert.xml2json('<a x="1"><b>1</b></a>', { compact: true }), convert.js2xml({ a: { _attributes: { x: 1 }, b: { _text: "ö" } } }, { compact: true }));
