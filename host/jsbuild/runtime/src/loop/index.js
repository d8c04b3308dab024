// An action's life: define evaluates its bundle, prepare touches what its
// handler will require, start begins a run and tick carries it on.
import { native } from "../native.js";

let action;

// define evaluates bundle, a function (module, exports, require, touch), and
// keeps what it exports.
export function define(bundle, builtins) {
  const module = { exports: {} };
  bundle(module, module.exports, (name) => builtins[name.replace(/^node:/, "")]);
  action = module.exports;
}

export function prepare() {}

export function start(entry) {
  const { event } = JSON.parse(native.input());
  action[entry](event, {});
}

// tick returns whether anything is still to come.
export function tick() {
  return false;
}
