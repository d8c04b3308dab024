// encode, decode
import { decode, encode } from "html-entities";

console.log(encode("< ö ©", { mode: "nonAsciiPrintable", level: "html5" }), decode("&lt;&ouml;&#169;"));
