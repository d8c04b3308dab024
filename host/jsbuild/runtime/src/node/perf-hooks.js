// node:perf_hooks: the global performance, and what packages look for.
import { checkFunction } from "./errors.js";

const names = ["Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "performance"];

// PerformanceObserver accepts observers; entries are to be had from
// performance.getEntries.
class PerformanceObserver {
  static supportedEntryTypes = [];
  constructor(callback) {
    checkFunction(callback, "callback");
  }
  observe() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
}

export const perfHooks = Object.defineProperties(
  { PerformanceObserver, constants: {} },
  Object.fromEntries(names.map((name) => [name, { get: () => globalThis[name], enumerable: true, configurable: true }])),
);
