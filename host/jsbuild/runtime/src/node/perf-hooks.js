// node:perf_hooks: the global performance, and what packages look for.
import { define } from "../web/idl.js";
import { Performance, PerformanceEntry } from "../web/performance.js";
import { checkFunction, checkObject } from "./errors.js";
import { refused } from "./unsupported.js";

const names = ["Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver", "PerformanceObserverEntryList", "PerformanceResourceTiming", "performance"];

// PerformanceObserver accepts observers; entries are to be had from
// performance.getEntries.
class PerformanceObserver {
  static get supportedEntryTypes() {
    return [];
  }
  constructor(callback) {
    checkFunction(callback, "callback");
  }
  observe(options = {}) {
    checkObject(options, "options");
  }
  disconnect() {}
  takeRecords() {
    return [];
  }
}

function illegal() {
  throw Object.assign(new TypeError("Illegal constructor"), { code: "ERR_ILLEGAL_CONSTRUCTOR" });
}

class PerformanceObserverEntryList {
  constructor() {
    illegal();
  }
}

class PerformanceResourceTiming extends PerformanceEntry {
  constructor() {
    illegal();
  }
}

for (const Class of [PerformanceObserver, PerformanceObserverEntryList, PerformanceResourceTiming]) define(globalThis, Class.name, Class);

const idle = () => ({ idle: 0, active: 0, utilization: 0 });

// timerify returns f: there is no one to observe how long it takes.
const additions = {
  eventLoopUtilization: function eventLoopUtilization() {
    return idle();
  },
  timerify: function timerify(fn) {
    checkFunction(fn, "fn");
    return fn;
  },
  clearResourceTimings() {},
  setResourceTimingBufferSize() {},
  markResourceTiming: function markResourceTiming() {},
};
for (const [name, value] of Object.entries(additions)) define(Performance.prototype, name, value);

const later = "an action's clock stands still while its code runs: measure with performance.now() around what waits";

export const perfHooks = Object.defineProperties(
  {
    monitorEventLoopDelay: refused("perf_hooks.monitorEventLoopDelay", later),
    createHistogram: refused("perf_hooks.createHistogram", "keep the numbers in an array"),
    constants: Object.freeze({ NODE_PERFORMANCE_GC_MAJOR: 4, NODE_PERFORMANCE_GC_MINOR: 1, NODE_PERFORMANCE_GC_INCREMENTAL: 8, NODE_PERFORMANCE_GC_WEAKCB: 16 }),
  },
  Object.fromEntries(names.map((name) => [name, { get: () => globalThis[name], enumerable: true, configurable: true }])),
);
