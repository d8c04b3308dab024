// parseDocument, textContent, getOuterHTML
import { DomUtils, parseDocument } from "htmlparser2";

const dom = parseDocument("<ul><li>One<li>Two &amp; three</ul>");
console.log(DomUtils.getElementsByTagName("li", dom).map((li) => DomUtils.textContent(li)), DomUtils.getOuterHTML(dom));
