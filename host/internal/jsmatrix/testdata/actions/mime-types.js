// lookup, contentType
import mime from "mime-types";

console.log(mime.lookup("a.html"), mime.contentType("markdown"), mime.extension("application/json"));
