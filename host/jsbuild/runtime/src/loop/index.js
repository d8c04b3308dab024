// An action's life: define evaluates its bundle, prepare touches what its
// handler will require, start begins a run and tick carries it on.
//
// A run ends when its handler has settled and the work that it started is done:
// requests, timers, immediates. A handler that throws does not end its run earlier,
// because that work would go on in Node, too. Once the handler has
// settled, nothing waits for a timer without a reference, for an interval,
// which may never end, nor for a timer that fires when the run's time is over.
// An uncaught refusal of the sandbox is final: after it the run waits neither for the
// handler nor for a timer, but only for the requests under way.
import { native } from "../native.js";
import { waitingFrames } from "../node/asyncframe.js";
import { UnsupportedInSandboxError } from "../node/unsupported.js";
import { evaluate, handler, touch } from "./action.js";
import { apiOf } from "./api.js";
import { forgetBegin, now, sinceBegin } from "./clock.js";
import { useInspect } from "./failure.js";
import { listening } from "./listeners.js";
import { conclude, fail } from "./outcome.js";
import { rejected, reportRejections } from "./rejections.js";
import { dropRequests, receive, waiting } from "./request.js";
import { dropTicks, ticking, turn } from "./ticks.js";
import { takeRoute } from "./route.js";
import { takeSecrets } from "./shared.js";
import { abandoned, beginTimers, dropTimers, fireNext, heldUntil, mark, nextBatch, timing, untilNext } from "./timers.js";
import { takeUncaught } from "./uncaught.js";
import { watchSecrets } from "./unset.js";

// As they were before the action could change them.
const { then } = Promise.prototype;
const { resolve } = Promise;

// Immediates take no time by the run's clock. Code that polls with them waits for
// time to pass, so the clock moves after so many batches in a row.
const maxTimelessBatches = 100;

// The guest's clock is behind the host's by the time that code takes, so the
// run's last moments are left to that.
const marginMillis = 250;

const maxWaitingFrames = 20;
const longDelay = 1000; // ms; worth a word in the log
const neverSettled =
  "The handler never settled: it awaits a promise that nothing is left to settle. Look for a callback that is never called, or a promise that is never resolved.";

let settled; // whether the handler did
let settledMark; // of the timers then
let settledAt; // by the run's clock; null when nothing was left to do
let broken; // whether the sandbox refused something, and no one caught that
let timeout; // ms that the run may take
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
  broken = false;
  timeout = Infinity;
  timelessBatches = 0;
  beginTimers();
  turn(enter, entry);
}

function enter(entry) {
  try {
    const { event, execution } = native.input();
    takeSecrets(event);
    takeRoute(execution, event);
    watchSecrets(event?.secrets);
    timeout = execution?.timeout_ms ?? Infinity;
    const returned = handler(entry)(event, apiOf(entry));
    then.call(resolve.call(Promise, returned), settle, settleBadly);
  } catch (thrown) {
    settleBadly(thrown);
  }
}

function settle() {
  settled = true;
  settledMark = mark();
  settledAt = (timing() || waiting()) && alive() ? now() : null;
}

function settleBadly(thrown) {
  settle();
  fail(thrown);
}

// tick takes one step and returns whether anything is still to come.
export function tick() {
  if (rejected() && turn(unhandled)) return true;
  const more = turn(step);
  const thrown = takeUncaught();
  if (thrown.length > 0 && turn(() => thrown.map(taken).includes(true))) return true;
  if (!more) end();
  return more;
}

// unhandled reports rejections to listeners. It does not report what they throw.
function unhandled() {
  try {
    return reportRejections(listening());
  } catch (thrown) {
    fail(thrown);
    return true;
  }
}

// taken passes an uncaught exception to listeners, or else fails the run. It reports
// whether there were listeners.
function taken(exception) {
  try {
    if (!(exception instanceof UnsupportedInSandboxError) && listening().exception(exception, "uncaughtException")) return true;
  } catch (thrown) {
    fail(thrown);
    return true;
  }
  breakBy(exception);
  return false;
}

function breakBy(exception) {
  broken ||= exception instanceof UnsupportedInSandboxError;
  fail(exception);
}

function step() {
  if (ticking()) return true;
  if (!timing() && !waiting()) return false; // most runs are over here
  if (fireNext()) return true;
  if (nextBatch(() => (!settled && !broken) || alive())) {
    passTime();
    return true;
  }
  if (!alive()) return false;
  wait(untilNext());
  return true;
}

function alive() {
  return waiting() || (!broken && awaitsTimer());
}

// awaitsTimer reports whether the run goes on for a timer.
function awaitsTimer() {
  const until = heldUntil(settled);
  return until < Infinity && (!settled || sinceBegin(until) < timeout - marginMillis);
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

// end reports the outcome of the run, and clears its state.
function end() {
  if (!settled && !broken) fail(unsettled());
  if (settled && settledAt !== null) logDelay();
  conclude();
  if (timing() || waiting() || ticking()) dropWork();
  forgetBegin();
}

// dropWork forgets what the run does not wait for.
function dropWork() {
  dropTimers();
  dropRequests();
  dropTicks();
}

// unsettled is the error of a handler that waits for ever. Its stack is where it does.
function unsettled() {
  const error = new Error(neverSettled);
  error.stack = [`Error: ${neverSettled}`, ...waitingFrames(maxWaitingFrames)].join("\n    at ");
  return error;
}

// logDelay logs the work that the run did not wait for after its handler had settled,
// and that it went on for long.
function logDelay() {
  const { before, after } = abandoned(settledMark);
  if (after > 0) native.log(3, `${after} of the timers that unawaited work had set would fire after the run's time is over (timeout_ms ${timeout}): that work is not done. Await it.`);
  if (before > 0) native.log(1, `${before} of the handler's timers would fire after the run's time is over (timeout_ms ${timeout}). Clear timers that nothing needs any more.`);
  const waited = Math.round(now() - settledAt);
  if (waited >= longDelay) native.log(1, `The run went on for ${waited} ms after the handler had settled, for requests or timers that it did not await. Clear timers that nothing needs any more.`);
}
