// node.js fresh|warm BUNDLE EVENT MILLIS: runs a bundled action for MILLIS, and
// prints as JSON the median time of a run in ms, and the processor time of one in
// µs. Fresh gives each run a context of its own, with the script compiled once;
// warm loads the action once and calls its handler for each event.
"use strict";
const { readFileSync } = require("node:fs");
const { resolve } = require("node:path");
const vm = require("node:vm");

const [, , mode, bundle, event, millis] = process.argv;
const text = readFileSync(event, "utf8");

// What an action finds on the global object besides the language. What these
// return is made of the outer ArrayBuffer and Uint8Array, so those are among them.
const names = [
  "AbortController", "AbortSignal", "ArrayBuffer", "Blob", "Buffer", "CryptoKey", "FormData", "Headers",
  "ReadableStream", "Request", "Response", "TextDecoder", "TextEncoder", "TransformStream", "URL", "URLSearchParams",
  "Uint8Array", "WritableStream", "atob", "btoa", "clearInterval", "clearTimeout", "console", "crypto", "fetch",
  "performance", "process", "queueMicrotask", "setImmediate", "setInterval", "setTimeout", "structuredClone",
];

function fresh() {
  const code = `(function (module, exports, require) {${readFileSync(bundle, "utf8")}\n})`;
  const script = new vm.Script(code, { filename: "action.js" });
  return () => {
    const globals = { global: undefined };
    for (const name of names) globals[name] = globalThis[name];
    const context = vm.createContext(globals);
    const module = { exports: {} };
    script.runInContext(context)(module, module.exports, require);
    return module.exports;
  };
}

function warm() {
  const action = require(resolve(bundle));
  return () => action;
}

async function measure(action) {
  const run = () => action().onExecutePostUserRegistration(JSON.parse(text), {});
  for (let i = 0; i < 20; i++) await run(); // the first ones compile
  const times = [];
  const cpu = process.cpuUsage();
  const end = performance.now() + Number(millis);
  do {
    const began = performance.now();
    await run();
    times.push(performance.now() - began);
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  console.log(JSON.stringify({ millis: times[times.length >> 1], micros: (user + system) / times.length }));
  process.exit(); // an action may leave connections
}

measure(mode === "warm" ? warm() : fresh());
