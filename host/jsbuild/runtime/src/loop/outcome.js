// The outcome of a run: the error that it failed with, or else its output, and the
// lines of the log about it.
import { native } from "../native.js";
import { describe, isFinal } from "./failure.js";
import { takeRejections } from "./rejections.js";
import { stringify } from "./json.js";
import { unsetRead } from "./unset.js";

const maxUnhandled = 20; // that are reported one by one
const maxLogged = 4 << 10; // characters of a stack in a log line

let failures = [];

// fail stores an exception. The first is the run's error, and reported at once: it
// counts even when the rest takes longer than the run may.
export function fail(thrown) {
  const failure = describe(thrown);
  failures[failures.length] = failure; // the action may have replaced push
  if (failures.length === 1) native.error(stringify({ ...failure, unset: unsetRead(), non_retryable: isFinal(thrown) || undefined }));
}

// conclude reports the rest: an unhandled rejection is a warning, also in the output
// of a run that succeeds, so that its operator sees it.
export function conclude() {
  for (let i = 1; i < failures.length; i++) warn("Uncaught", failures[i]);
  const unhandled = unhandledRejections();
  if (failures.length === 0) setOutput(unhandled);
  else failures = [];
}

function unhandledRejections() {
  const reasons = takeRejections();
  if (reasons.length === 0) return reasons;
  const unhandled = reasons.slice(0, maxUnhandled).map(describe);
  unhandled.forEach((failure) => warn("Unhandled promise rejection", failure));
  if (reasons.length > maxUnhandled) native.log(3, `Unhandled promise rejections: ${reasons.length - maxUnhandled} more`);
  return unhandled;
}

function warn(what, { message, stack = message }) {
  native.log(3, `${what}: ${stack.length > maxLogged ? stack.slice(0, maxLogged) + "…" : stack}`);
}

// setOutput sets the output, when there is any.
function setOutput(unhandled) {
  if (unhandled.length > 0) native.output(stringify({ unhandled }));
}
