// The action itself: its top level, what it exports, and what it will require.
import { native } from "../native.js";
import { entries } from "./api.js";
import { makeRequire } from "../node/require.js";
import { handOver } from "./shared.js";
import { nameSecrets } from "./unset.js";

const AsyncFunction = (async () => {}).constructor;

let exported;
let failure = null; // why the top level failed, as {thrown}
let touches = [];

// evaluate runs the top level of bundle, a function (module, exports, require,
// touch). During the build an exception is passed on; in a run [handler] throws it,
// as the run's error.
export function evaluate(bundle, builtins) {
  failure = null;
  touches = [];
  const module = { exports: {} };
  try {
    const toTouch = (f) => touches.push(f);
    bundle.call(module.exports, module, module.exports, requireFrom(builtins), toTouch);
    exported = module.exports;
    nameSecrets(toTouch.secrets ?? []);
  } catch (thrown) {
    if (native.building) throw thrown;
    failure = { thrown };
  }
}

// summary describes the action for the build: its exports, and the problem with them.
export function summary() {
  const names = (value) => (typeof value === "object" && value !== null ? Object.keys(value) : []);
  const exports = [...new Set([...names(exported), ...(exported?.__esModule ? names(exported.default) : [])])];
  return { exports, problem: problemOf(entries.filter((entry) => exports.includes(entry))) };
}

// problemOf returns the reason why one of the action's handlers can't be called, or
// that there is none.
function problemOf(served) {
  const isObject = typeof exported === "object" && exported !== null;
  if (served.length === 0 && isObject) return `it does not export ${entries[0]}`;
  try {
    for (const entry of isObject ? served : entries) handler(entry);
    return "";
  } catch (error) {
    return error.message;
  }
}

// requireFrom returns the action's require. What it gives as "usher:shared" it
// gives once: to the bundle's own first code, if there are shared modules.
function requireFrom(builtins) {
  const require = makeRequire(builtins);
  let handedOver = false;
  const own = (name) => {
    if (name !== "usher:shared" || handedOver) return require(name);
    handedOver = true;
    return handOver();
  };
  return Object.assign(own, require);
}

// exportedName returns the name that a stack has for a nameless function that the
// action exports, as in exports.onExecutePostUserRegistration = async () => {};
// undefined for other functions.
export function exportedName(f) {
  if (typeof f !== "function" || typeof exported !== "object" || exported === null) return undefined;
  for (const name of Object.keys(exported)) {
    if (Object.getOwnPropertyDescriptor(exported, name).value === f) return `exports.${name}`;
  }
  return undefined;
}

// touch requires what the handler will require, so that a run finds it done.
// What fails here fails again in the run, where it matters.
export function touch() {
  for (const f of touches) {
    try {
      f();
    } catch {}
  }
  touches = [];
}

// handler returns the function that serves entry, or throws in Auth0's words
// what is wrong with the exports.
export function handler(entry) {
  if (failure) throw failure.thrown;
  if (typeof exported !== "object" || exported === null) throw new Error("The Action must export an object.");
  if (!entries.includes(entry)) throw new Error("The Action can only be called with valid methods.");
  const found = exported[entry] ?? (exported.__esModule ? exported.default?.[entry] : undefined);
  if (!isAsync(found)) {
    throw new Error(`Invalid function signature for the "${entry}" handler. Use "exports.${entry} = async function(event, api) { }" as the signature.`);
  }
  return found;
}

function isAsync(f) {
  return typeof f === "function" && f.constructor?.name === AsyncFunction.name;
}
