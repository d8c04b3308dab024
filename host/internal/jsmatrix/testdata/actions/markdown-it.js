// a document with options
import MarkdownIt from "markdown-it";

console.log(new MarkdownIt({ html: true, linkify: true, typographer: true }).render('# "Hi"\n\nsee https://example.com -- now\n\n1. a\n2. b'));
