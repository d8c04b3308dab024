// parse with attributes, build, validate
import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";

console.log(JSON.stringify(new XMLParser({ ignoreAttributes: false }).parse('<a x="1"><b>1</b><b>&lt;two</b></a>')), new XMLBuilder({}).build({ a: { b: [1, 2] } }), XMLValidator.validate("<a>").err.code);
