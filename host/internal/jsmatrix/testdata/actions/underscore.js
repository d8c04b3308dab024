// chain, template
import _ from "underscore";

console.log(_.chain([3, 1, 2]).sortBy().map((n) => n * 2).value(), _.template("Hi <%- n %>")({ n: "<b>" }), _.where([{ a: 1 }, { a: 2 }], { a: 2 }));
