// compile, a helper, escaping
const Handlebars = require("handlebars");

exports.onExecutePostUserRegistration = async (event) => {
  Handlebars.registerHelper("loud", (text) => text.toUpperCase());
  const template = Handlebars.compile("Hello {{loud email}}, {{#each tags}}{{@index}}={{this}} {{/each}}{{html}}");
  console.log(template({ email: event.user.email, tags: ["a", "b"], html: "<b>" }));
};
