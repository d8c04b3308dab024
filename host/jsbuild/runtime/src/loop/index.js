// An action's life: define evaluates its bundle, prepare touches what its
// handler will require, start begins a run and tick carries it on.
//
// A run ends when its handler has settled and what it set going has drained:
// requests, timers, immediates. A handler that throws ends its run no sooner,
// for what it had set going would go on in Node, too.
import { native } from "../native.js";
import { evaluate, handler, touch } from "./action.js";
import { apiOf } from "./api.js";
import { describe, useInspect } from "./failure.js";
import { takeRejections } from "./rejections.js";
import { dropRequests, receive, waiting } from "./request.js";
import { dropTicks, turn } from "./ticks.js";
import { beginTimers, dropTimers, fireNext, held, nextBatch, untilNext } from "./timers.js";
import { takeUncaught } from "./uncaught.js";

const then = Promise.prototype.then;

// Immediates take no time by the run's clock. Whoever polls with them waits
// for time to pass, so after so many batches in a row some does.
const maxTimelessBatches = 100;

let settled;
let failures;
let commands;
let timelessBatches;

// define evaluates bundle, a function (module, exports, require, touch), and
// keeps what it exports.
export function define(bundle, builtins) {
  if (builtins.util?.inspect) useInspect(builtins.util.inspect);
  turn(() => evaluate(bundle, builtins));
}

// prepare makes the handler's first requires free.
export function prepare() {
  turn(touch);
}

// start calls the handler that the action exports as entry.
export function start(entry) {
  settled = false;
  failures = [];
  commands = [];
  timelessBatches = 0;
  beginTimers();
  turn(() => enter(entry));
}

function enter(entry) {
  try {
    const { event } = JSON.parse(native.input());
    const promise = handler(entry)(event, apiOf(entry, commands));
    then.call(promise, () => settle(), settle);
  } catch (thrown) {
    fail(thrown);
    settled = true;
  }
}

function settle(...thrown) {
  settled = true;
  if (thrown.length > 0) fail(thrown[0]);
}

// fail keeps what was thrown. The first is the run's error, and told at once:
// it counts even when what is still to come takes longer than the run may.
function fail(thrown) {
  const failure = describe(thrown);
  if (failures.push(failure) === 1) native.error(JSON.stringify(failure));
}

// tick takes one step and returns whether anything is still to come.
export function tick() {
  const more = turn(step);
  takeUncaught().forEach(fail);
  if (!more) end();
  return more;
}

function step() {
  if (fireNext()) return true;
  if (nextBatch()) {
    passTime();
    return true;
  }
  if (!waiting() && !held(!settled)) return false;
  wait(untilNext());
  return true;
}

function passTime() {
  timelessBatches++;
  if (timelessBatches < maxTimelessBatches) return;
  if (waiting() || untilNext() >= 0) wait(1);
}

// wait lets ms pass, or less when an answer comes; without end when ms is
// negative.
function wait(ms) {
  timelessBatches = 0;
  if (waiting()) receive(ms);
  else if (ms > 0) native.sleep(ms);
}

// end tells what came of the run, and leaves nothing for another one.
function end() {
  if (!settled) fail(new Error("The handler never settled: it awaits a promise that nothing is left to settle. Look for a callback that is never called, or a promise that is never resolved."));
  failures.slice(1).forEach((failure) => warn("Uncaught", failure));
  const unhandled = takeRejections().map(describe);
  unhandled.forEach((failure) => warn("Unhandled promise rejection", failure));
  if (failures.length === 0) tell(unhandled);
  dropTimers();
  dropRequests();
  dropTicks();
}

function warn(what, { message, stack }) {
  native.log(3, `${what}: ${stack ?? message}`);
}

// tell sets the output, when there is something to say.
function tell(unhandled) {
  const output = {};
  if (commands.length > 0) output.commands = commands;
  if (unhandled.length > 0) output.unhandled = unhandled;
  if (Object.keys(output).length > 0) native.output(JSON.stringify(output));
}
