// parse, format
import * as contentType from "content-type";

console.log(contentType.parse("text/html; charset=utf-8").parameters.charset, contentType.format({ type: "image/svg+xml", parameters: { foo: "b r" } }));
