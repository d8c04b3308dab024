// version 7: parse, stringify
import queryString from "query-string-7";

console.log({ ...queryString.parse("a[]=1&a[]=2", { arrayFormat: "bracket", parseNumbers: true }) }, queryString.stringify({ b: 1, a: undefined }));
