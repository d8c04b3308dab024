// run.mjs: runs an action in Node and prints what it logged, as a JSON array.
import { createRequire } from "node:module";
import { format } from "node:util";

const [file, event, secrets] = process.argv.slice(2);
const lines = [];
for (const level of ["log", "info", "warn", "error"]) console[level] = (...args) => lines.push(format(...args));
process.on("exit", () => process.stdout.write(JSON.stringify(lines)));

const exported = /^export /m.test((await import("node:fs")).readFileSync(file, "utf8"));
const action = exported ? await import(file) : createRequire(import.meta.url)(file);
await action.onExecutePostUserRegistration({ ...JSON.parse(event), secrets: JSON.parse(secrets) }, {});
