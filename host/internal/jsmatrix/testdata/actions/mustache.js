// render with a section and a partial
const Mustache = require("mustache");

exports.onExecutePostUserRegistration = async (event) => {
  console.log(Mustache.render("Hello {{email}} {{#tags}}[{{.}}]{{/tags}} {{> end}}", { email: event.user.email, tags: ["a", "<"] }, { end: "Bye" }));
};
