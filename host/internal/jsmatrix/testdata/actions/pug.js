// render
import pug from "pug";

console.log(pug.render("ul\n  each x in list\n    li(class=x)= x\n  p #{name}", { list: ["a", "b"], name: "<Jö>" }));
