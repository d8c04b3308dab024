// WeakRef as the language has it: a target lives at least as long as the code that
// made or read the reference, and the promises after it, go on. The engine counts
// references, and would drop an object at once that nothing else refers to.
import { atTurnEnd } from "../loop/context.js";

const Plain = WeakRef;
const { deref } = Plain.prototype;
let held = null; // what lives until the promises of this turn have gone on
let older = null; // what was held in the turn before

function hold(target) {
  if (held === null) {
    [held, older] = [new Set(), new Set()];
    atTurnEnd(release);
  }
  if (target !== undefined) held.add(target);
  return target;
}

function release() {
  older.clear();
  [held, older] = [older, held];
}

const holdable = (value) => (typeof value === "object" && value !== null) || typeof value === "function" || (typeof value === "symbol" && Symbol.keyFor(value) === undefined);

const Weak = {
  WeakRef: function (target) {
    if (!new.target) throw new TypeError("Constructor WeakRef requires 'new'");
    if (!holdable(target)) throw new TypeError("WeakRef: invalid target");
    return Reflect.construct(Plain, [hold(target)], new.target);
  },
}.WeakRef;

Object.defineProperty(Weak, "prototype", { value: Plain.prototype, writable: false });
Object.defineProperties(Plain.prototype, {
  constructor: { value: Weak, writable: true, configurable: true },
  deref: { value: { deref() { return hold(deref.call(this)); } }.deref, writable: true, configurable: true },
});
Object.defineProperty(globalThis, "WeakRef", { value: Weak, writable: true, configurable: true });
