// words with accents
import slugify from "slugify";

console.log(slugify("Jö & Söhne — Größe 10€", { lower: true, strict: true }), slugify("a b", "_"));
