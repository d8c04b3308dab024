// parse, stringify, parseUrl
import queryString from "query-string"; // .default

console.log({ ...queryString.parse("?a=1&b=x%20y&b=z") }, queryString.stringify({ a: [1, 2], b: null, c: "ö" }, { arrayFormat: "bracket" }), queryString.parseUrl("https://a.example.com/?x=1#h").url);
