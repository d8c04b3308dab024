// render with a section and a partial
import Mustache from "mustache";

console.log(Mustache.render("Hello {{email}} {{#tags}}[{{.}}]{{/tags}} {{> end}}", { email: event.user.email, tags: ["a", "<"] }, { end: "Bye" }));
