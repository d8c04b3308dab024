// render with a loop and an include of its own
import ejs from "ejs";

console.log(ejs.render("Hi <%= name %>! <% for (const x of list) { %><%- x %>,<% } %>", { name: "<Jö>", list: [1, 2] }), await ejs.render("<%= await f() %>", { f: async () => 7 }, { async: true }));
