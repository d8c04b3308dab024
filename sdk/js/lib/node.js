// Runs an action under Node.
import { load } from "./action.js";
import { Cache } from "./cache.js";
import { decide, decidingApi } from "./decision.js";
import { Fakes } from "./fakes.js";
import { Network } from "./network.js";
import { Output } from "./output.js";

// How many turns of the event loop without a request or a timer end a run.
const quietTurns = 10;

let last = Promise.resolve();

// runInNode runs one action after the other: console and network are the
// process's own, and stand in for one run's.
export function runInNode(settings) {
  const run = last.then(() => runAlone(settings));
  last = run.catch(() => {});
  return run;
}

async function runAlone({ path, entry, event, secrets, fakes, cache, timeout_ms }) {
  const output = new Output();
  const answers = new Fakes(fakes);
  const network = new Network(answers);
  const store = new Cache(cache);
  const timers = activeTimers();
  const commands = [];
  let deciding = false;
  let error;
  network.open();
  output.open();
  try {
    const handed = { ...structuredClone(event), configuration: {}, secrets: { ...secrets } };
    const action = await within(timeout_ms, load(path, entry));
    deciding = action.entry === "onExecutePreUserRegistration";
    await within(timeout_ms, action.handler(handed, { ...(deciding && decidingApi(commands)), cache: cacheOf(store) }));
  } catch (thrown) {
    error = describe(thrown);
  }
  try {
    await within(timeout_ms, quiet(network, timers));
  } catch (thrown) {
    error ??= describe(thrown);
  }
  output.close();
  network.close();
  return {
    succeeded: error === undefined,
    error,
    logs: output.logs,
    requests: network.requests,
    missed: answers.missed,
    cache: store.values(),
    ...(deciding && { decision: decide(commands, event, error !== undefined) }),
  };
}

function cacheOf(cache) {
  return { get: (key) => cache.get(key), set: (...args) => cache.set(...args), delete: (key) => cache.delete(key) };
}

// quiet waits until what the handler set going is done, too: no more than
// timers are active, and the one that bounds this wait.
async function quiet(network, timers) {
  for (let turns = 0; turns < quietTurns; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (network.pending === 0 && activeTimers() <= timers + 1) continue;
    turns = 0;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

// activeTimers counts the timers that keep the process alive.
function activeTimers() {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}

async function within(millis, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`stopped after ${millis} ms`), { name: "TimeoutError" })), millis);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(thrown) {
  if (!(thrown instanceof Error) && typeof thrown?.message !== "string") return { name: "Error", message: String(thrown), thrown };
  const { name, message, code, stack } = thrown;
  return { name, message, code, stack, thrown };
}
