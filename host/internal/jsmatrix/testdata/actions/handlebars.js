// compile, a helper, escaping
import Handlebars from "handlebars";

Handlebars.registerHelper("loud", (text) => text.toUpperCase());
const template = Handlebars.compile("Hello {{loud email}}, {{#each tags}}{{@index}}={{this}} {{/each}}{{html}}");
console.log(template({ email: event.user.email, tags: ["a", "b"], html: "<b>" }));
