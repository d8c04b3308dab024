// encode, decode
import he from "he";

console.log(he.encode("fö© <b>"), he.decode("&lt;&ouml;&#x1F600;&nbsp;x"));
