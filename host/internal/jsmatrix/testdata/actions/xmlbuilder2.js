// create, convert
import { convert, create } from "xmlbuilder2";

console.log(create({ version: "1.0" }).ele("a", { x: 1 }).ele("b").txt("ö").up().up().end(), convert("<a><b>1</b></a>", { format: "object" }));
