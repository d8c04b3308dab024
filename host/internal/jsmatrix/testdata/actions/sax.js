// events of a parser
import sax from "sax";

const seen = [];
const parser = sax.parser(true);
parser.onopentag = (node) => seen.push(node.name, node.attributes);
parser.ontext = (text) => seen.push(text);
parser.write('<a x="1">hello <b/></a>').close();
console.log(JSON.stringify(seen));
