// util.diff: the shortest way from one list to another, by Myers's algorithm.
import { invalidArgument } from "./errors.js";

function check(value, name) {
  if (!Array.isArray(value)) {
    if (typeof value !== "string") throw invalidArgument(name, "of type string", value);
    return;
  }
  for (const [i, item] of value.entries()) if (typeof item !== "string") throw invalidArgument(`${name}[${i}]`, "of type string", item);
}

// diff returns [1, what only actual has], [-1, what only expected has] and
// [0, what both have], in their order.
export function diff(actual, expected) {
  if (actual === expected) return [];
  check(actual, "actual");
  check(expected, "expected");
  return path(actual, expected, reached(actual, expected));
}

// reached returns for each number of steps the furthest place on each diagonal before
// the last step.
function reached(a, b) {
  const furthest = new Map([[1, 0]]);
  const trace = [];
  for (let steps = 0; ; steps++) {
    trace.push(new Map(furthest));
    for (let k = -steps; k <= steps; k += 2) {
      let x = down(furthest, k, steps) ? furthest.get(k + 1) : furthest.get(k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest.set(k, x);
      if (x >= a.length && x - k >= b.length) return trace;
    }
  }
}

const down = (furthest, k, steps) => k === -steps || (k !== steps && furthest.get(k - 1) < furthest.get(k + 1));

function path(a, b, trace) {
  const found = [];
  let [x, y] = [a.length, b.length];
  for (let steps = trace.length - 1; steps >= 0; steps--) {
    const k = x - y;
    const before = down(trace[steps], k, steps) ? k + 1 : k - 1;
    const x0 = trace[steps].get(before);
    const y0 = x0 - before;
    for (; x > x0 && y > y0; x--, y--) found.push([0, a[x - 1]]);
    if (steps > 0) found.push(x > x0 ? [1, a[--x]] : [-1, b[--y]]);
  }
  return found.reverse();
}
