// search
import jmespath from "jmespath";

console.log(jmespath.search({ a: [{ n: 1, s: "x" }, { n: 2, s: "y" }] }, "a[?n > `1`].s | [0]"), jmespath.search({ a: [3, 1] }, "sort(a)"));
