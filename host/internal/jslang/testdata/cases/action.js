// Runs the cases from..to of all, and logs [name, answer] of each as one line of JSON.
const { show } = require("./show.js");
const { matrix } = require("./matrix.js");
const { expressions } = require("./expressions.js");
const forms = [require("./forms.js"), require("./classes.js"), require("./async.js"), require("./sloppy.js")];

function* all() {
  for (const [name, run] of matrix()) yield [name, run];
  for (const code of expressions()) yield [code, Function(`return (${code}\n)`)];
  for (const group of forms) for (const name of Object.keys(group)) yield [name, group[name]];
}

async function answer(run) {
  try {
    const value = run();
    return show(value instanceof Promise ? await value : value);
  } catch (error) {
    return "throws " + (error instanceof Error ? error.name : show(error));
  }
}

exports.onExecutePostUserRegistration = async (event) => {
  const { from, to } = event.user.user_metadata;
  const answers = [];
  let i = 0;
  for (const [name, run] of all()) {
    if (i >= from && i < to) answers.push([name, await answer(run)]);
    i++;
  }
  console.log(JSON.stringify({ total: i, answers }));
};
