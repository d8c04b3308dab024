// getType, getExtension
import mime from "mime"; // .default

console.log(mime.getType("a.json"), mime.getExtension("image/png"), mime.getType("x.none"));
