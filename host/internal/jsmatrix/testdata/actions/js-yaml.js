// load, dump, the error's place
import { dump, load } from "js-yaml";

console.log(JSON.stringify(load("a: [1, 2]\nb: &x {c: true}\nd: *x\ne: 2026-01-01")), dump({ a: [1, "yes"], b: "x\ny" }));
try {
  load("a: [1");
} catch (error) {
  console.log(error.name, error.mark.line);
}
