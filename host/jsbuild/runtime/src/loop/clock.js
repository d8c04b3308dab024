// The run's clock, which moves in host calls, and a little between looks at it. It is
// not looked at before something needs it: a run that never does needs no time on its
// tape.
import { native } from "../native.js";

let began = null;

// now returns the clock in ms. During the build there is none, and times count from
// the start of the run.
export function now() {
  if (native.building) return 0;
  const time = native.now();
  began ??= time;
  return time;
}

// sinceBegin returns time as ms from when the clock was first looked at.
export function sinceBegin(time) {
  return time - (began ?? now());
}

export function forgetBegin() {
  began = null;
}
