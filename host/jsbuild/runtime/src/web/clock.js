// The time of a run. The engine's own performance has its origin in the time
// when the base image was made; here it is the first reading of the clock.
import { native } from "../native.js";

let origin;

export function timeOrigin() {
  return (origin ??= native.now());
}

// elapsed returns the ms since timeOrigin.
export function elapsed() {
  const begun = timeOrigin();
  return native.now() - begun;
}
