// Runs an action once, for tests: import { runAction } from "usher-actions/test".
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readFakes } from "./fakes.js";
import { runInNode } from "./node.js";
import { runInUsher } from "./usher.js";

// runAction runs the action in a file on an event and reports what it did.
export async function runAction(action, options = {}) {
  const settings = await complete(pathOf(action), options);
  const outcome = await (engine(options)(settings));
  if (outcome.missed.length > 0 && !options.allowMissed) throw missed(outcome.missed);
  return outcome;
}

function engine({ engine = process.env.ACTION_TEST_ENGINE ?? "node" }) {
  const engines = { node: runInNode, usher: runInUsher };
  if (!Object.hasOwn(engines, engine)) throw new TypeError(`there is no engine ${JSON.stringify(engine)}: choose "node" or "usher"`);
  return engines[engine];
}

function pathOf(file) {
  return file instanceof URL || /^file:/.test(file) ? fileURLToPath(file) : resolve(file);
}

// complete reads the files that the options name or leave out.
async function complete(path, options) {
  const beside = (name) => join(dirname(path), name);
  const fallback = existsSync(beside("fakes.json")) ? beside("fakes.json") : [];
  const fakes = options.fakes ?? fallback;
  return {
    path,
    entry: options.entry,
    event: await contents(options.event ?? beside("event.json"), readJSON),
    fakes: await contents(fakes, readFakes),
    secrets: options.secrets ?? {},
    cache: options.cache ?? {},
    timeout_ms: options.timeout_ms ?? 20_000,
    usher: options.usher ?? process.env.ACTION_TEST_USHER ?? "usher",
  };
}

// contents returns value, or what is in the file that it names.
function contents(value, read) {
  return typeof value === "string" || value instanceof URL ? read(pathOf(value)) : value;
}

async function readJSON(path) {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new Error(`can't read the event in ${path}: ${error.message}; give one with {event: …}`, { cause: error });
  }
}

// missed is the error for requests that no fake answers, with the fakes that
// would.
function missed(list) {
  const lines = list.map(({ request, why }) => `no fake answers ${request}${why ? `: ${why}` : ""}`);
  const fakes = list.map(({ fake }) => JSON.stringify(fake, null, 2)).join(",\n");
  const error = new Error(`${lines.join("\n")}\nto answer, put this in the fakes, with the response that you want:\n${fakes}`);
  return Object.assign(error, { code: "ERR_NO_FAKE", missed: list });
}
