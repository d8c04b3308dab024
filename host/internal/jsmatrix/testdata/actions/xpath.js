// with @xmldom/xmldom: parse, select, change, serialise
import { DOMParser, XMLSerializer } from "@xmldom/xmldom";
import xpath from "xpath";

const document = new DOMParser().parseFromString(`<users><user id="1">Jo</user><user id="2">Al</user></users>`, "text/xml");
console.log(xpath.select("//user[@id='2']/text()", document).toString(), xpath.select("count(//user)", document));
const made = document.createElement("user");
made.setAttribute("id", event.user.user_id);
document.documentElement.appendChild(made);
console.log(new XMLSerializer().serializeToString(document));
