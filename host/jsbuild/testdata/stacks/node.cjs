// Runs the actions of the working directory in Node and prints what each fails with.
const { readdirSync } = require("node:fs");
const { join } = require("node:path");

async function outcome(file) {
  const uncaught = new Promise((resolve) => process.once("uncaughtException", resolve));
  const { onExecutePostUserRegistration: handle } = require(file);
  const ended = handle({ user: {}, secrets: {} }, {}).then(() => undefined, (error) => error);
  const error = await Promise.race([uncaught, ended]);
  process.removeAllListeners("uncaughtException");
  Error.stackTraceLimit = 10;
  return { message: error.message, stack: error.stack };
}

(async () => {
  const outcomes = {};
  for (const name of readdirSync(".").filter((name) => name.endsWith(".js"))) outcomes[name] = await outcome(join(process.cwd(), name));
  process.stdout.write(JSON.stringify(outcomes));
})();
