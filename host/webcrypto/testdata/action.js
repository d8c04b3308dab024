const { all } = require("./cases.js");

exports.onExecutePostUserRegistration = async (event) => {
  const { results, made, checked } = await all(event.fixtures, event.made);
  for (const [kind, values] of Object.entries({ results, made, checked })) {
    for (const name in values) console.log(JSON.stringify({ kind, name, value: values[name] }));
  }
};
