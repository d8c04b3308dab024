// a document
import { convert } from "html-to-text";

console.log(convert('<h1>Hi</h1><p>See <a href="https://example.com">this</a></p><ul><li>one</li></ul><table><tr><td>a</td></tr></table>', { wordwrap: 40 }));
