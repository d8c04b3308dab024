// load, select, change, text
import * as cheerio from "cheerio";

const $ = cheerio.load("<ul><li class=a>One</li><li>Two &amp; three</li></ul>");
$("li.a").attr("id", "first").append("<b>!</b>");
console.log($("li").map((_, li) => $(li).text()).get(), $("ul").html());
