// node:timers and node:timers/promises.
import * as loop from "../loop/timers.js";
import { abortError } from "./errors.js";

const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = loop;
const custom = Symbol.for("nodejs.util.promisify.custom");

// later comes to pass when start's callback is called; stop calls that off.
function later(start, stop, value, { signal, ref = true } = {}) {
  if (signal?.aborted) return Promise.reject(abortError(signal.reason));
  return new Promise((resolve, reject) => {
    const timer = start(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    });
    if (!ref) timer.unref();
    function abort() {
      stop(timer);
      reject(abortError(signal.reason));
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}

async function* every(ms, value, { signal, ref = true } = {}) {
  if (signal?.aborted) throw abortError(signal.reason);
  let due = 0;
  let wake = () => {};
  const timer = setInterval(() => {
    due++;
    wake();
  }, ms);
  if (!ref) timer.unref();
  const abort = () => wake();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    while (!signal?.aborted) {
      if (due === 0) await new Promise((resolve) => (wake = resolve));
      for (; due > 0 && !signal?.aborted; due--) yield value;
    }
    throw abortError(signal.reason);
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", abort);
  }
}

export const timersPromises = {
  setTimeout: function (ms, value, options) {
    return later((done) => setTimeout(done, ms), clearTimeout, value, options);
  },
  setImmediate: function (value, options) {
    return later((done) => setImmediate(done), clearImmediate, value, options);
  },
  setInterval: every,
  scheduler: {
    wait: function (ms, options) {
      return timersPromises.setTimeout(ms, undefined, options);
    },
    yield: function () {
      return timersPromises.setImmediate();
    },
  },
};

Object.defineProperty(setTimeout, custom, { get: () => timersPromises.setTimeout, configurable: true });
Object.defineProperty(setImmediate, custom, { get: () => timersPromises.setImmediate, configurable: true });

export const timers = { clearImmediate, clearInterval, clearTimeout, promises: timersPromises, setImmediate, setInterval, setTimeout };
