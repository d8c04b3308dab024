// parts, a relative one
import Url from "url-parse";

const url = new Url("https://u:p@example.com:8443/a/b?x=1#h", true);
console.log(url.host, url.query, url.auth, new Url("../c", "https://example.com/a/b/").href);
