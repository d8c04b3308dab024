// Runs one action in this Node and writes what came of it, as JSON: node node.mjs
// ACTION LOADER <input. The process lives until the action has left nothing to
// do, which is when a run ends in Usher, too.
import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const [, , action, library] = process.argv;
const { load } = await import(pathToFileURL(`${library}/action.js`));
const { Cache } = await import(pathToFileURL(`${library}/cache.js`));

const entry = "onExecutePostUserRegistration";
const levels = { trace: "trace", debug: "debug", log: "info", info: "info", warn: "warn", error: "error" };
const told = { logs: [], failures: [], unhandled: [] };

for (const [name, level] of Object.entries(levels)) {
  console[name] = (...values) => told.logs.push({ level, message: format(...values) });
}
process.on("uncaughtException", (thrown) => told.failures.push(describe(thrown)));
process.on("unhandledRejection", (reason) => told.unhandled.push(describe(reason)));
process.on("exit", () => writeSync(1, JSON.stringify(told)));

const { event, secrets } = JSON.parse(readFileSync(0, "utf8"));
try {
  const { handler } = await load(action, entry);
  const cache = new Cache({});
  const api = { cache: { get: (key) => cache.get(key), set: (...given) => cache.set(...given), delete: (key) => cache.delete(key) } };
  await handler({ ...event, configuration: {}, secrets }, api);
} catch (thrown) {
  told.failures.push(describe(thrown));
}

function describe(thrown) {
  if (typeof thrown?.message !== "string") return { message: String(thrown) };
  const { name, message, code } = thrown;
  return { name, message, code: code === undefined ? undefined : String(code) };
}
