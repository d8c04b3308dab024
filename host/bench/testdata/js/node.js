// node.js BUNDLE EVENT MILLIS: runs a bundled action for MILLIS, each time in
// a context of its own with the script compiled once, and prints the median
// time of a run in ms.
"use strict";
const { readFileSync } = require("node:fs");
const vm = require("node:vm");

const [, , bundle, event, millis] = process.argv;
const code = `(function (module, exports, require) {${readFileSync(bundle, "utf8")}\n})`;
const script = new vm.Script(code, { filename: "action.js" });
const text = readFileSync(event, "utf8");

// What an action finds on the global object besides the language.
const names = [
  "AbortController", "AbortSignal", "Blob", "Buffer", "FormData", "Headers", "ReadableStream", "Request", "Response",
  "TextDecoder", "TextEncoder", "TransformStream", "URL", "URLSearchParams", "WritableStream", "atob", "btoa",
  "clearInterval", "clearTimeout", "console", "crypto", "fetch", "performance", "process", "queueMicrotask",
  "setImmediate", "setInterval", "setTimeout", "structuredClone",
];

async function run() {
  const globals = { global: undefined };
  for (const name of names) globals[name] = globalThis[name];
  const context = vm.createContext(globals);
  const module = { exports: {} };
  script.runInContext(context)(module, module.exports, require);
  await module.exports.onExecutePostUserRegistration(JSON.parse(text), {});
}

async function measure() {
  for (let i = 0; i < 20; i++) await run(); // the first ones compile
  const times = [];
  const end = performance.now() + Number(millis);
  do {
    const began = performance.now();
    await run();
    times.push(performance.now() - began);
  } while (performance.now() < end);
  times.sort((a, b) => a - b);
  console.log(times[times.length >> 1]);
}

measure();
