// parse, serialize
import { parse, parseFragment, serialize } from "parse5";

console.log(serialize(parse("<p>One<p>Two")), parseFragment("<b>x").childNodes[0].nodeName);
