// HTML to Markdown
import TurndownService from "turndown";

console.log(new TurndownService({ headingStyle: "atx" }).turndown('<h1>Hi</h1><p>See <a href="https://example.com">this</a> and <b>that</b></p><ul><li>one</li></ul>'));
