// A small host for the runtime: the same engine, in Node, with time of its own.
//
//   const result = await run(`exports.onExecutePostUserRegistration = async (event) => { … }`, options);
//   const action = await load(source, options); action.run(options); action.run(options);
//
// Options, all of them optional:
//
//   event, execution, secrets   what the envelope holds
//   entry                       which export runs; "onExecutePostUserRegistration"
//   http(request, n)            answers the n-th request (from 0): {status, headers, body | body_base64, url} or {error: {code, message}},
//                               with after: the ms that it takes (0), Infinity for never. request is the JSON that the host gets
//   native                      functions that stand in for the harness's own primitives, by name
//   timeout_ms                  the deadline in virtual time; 20000
//   resolveDir                  where the action's packages are; this runtime's folder
//   esbuild                     more options for bundling the action
//
// A result is {logs: [{level, message}], commands, output, error, timedOut, requests, cancelled, slept, elapsed}: output and error are parsed
// when they are JSON; elapsed is in ms. A thrown exception means that the runtime itself is broken, or that the action's top level threw.
import { readFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { JSValueHandle, QuickJS } from "quickjs-wasi";
import { Host } from "./host.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const platform = { platform: "browser", target: "esnext", mainFields: ["browser", "module", "main"], conditions: ["workerd", "worker", "browser"] };

// run loads source as an action and runs it once.
export async function run(source, options = {}) {
  const action = await load(source, options);
  try {
    return action.run();
  } finally {
    action.dispose();
  }
}

// load evaluates source, CommonJS or an ES module, and prepares it. Each run of
// what it returns takes place in the same instance, under options that may differ.
export async function load(source, options = {}) {
  const bundle = await bundled(source, options);
  const { wasm, snapshot, pointers } = await base();
  const host = new Host(options);
  const vm = await QuickJS.restore(snapshot, settings(wasm, host));
  const action = new Action(vm, host, options);
  action.connect(options.native ?? {});
  action.adopt(pointers);
  action.call("define", vm.evalCode(bundle, "usher-bundle.js"));
  action.call("prepare");
  return action;
}

// handler makes an action of the body of its handler.
export function handler(body) {
  return `exports.onExecutePostUserRegistration = async (event, api) => { ${body} };`;
}

let image;

// base is the engine with the runtime evaluated in it, made once.
function base() {
  image ??= (async () => {
    const wasm = await WebAssembly.compile(await readFile(new URL(import.meta.resolve("quickjs-wasi/quickjs.wasm"))));
    const { outputFiles } = await runtime();
    const host = new Host({});
    const vm = await QuickJS.create(settings(wasm, host));
    const action = new Action(vm, host, {});
    const pointers = action.install();
    vm.evalCode(outputFiles[0].text, "usher-runtime.js").dispose();
    vm.executePendingJobs();
    return { wasm, snapshot: vm.snapshot(), pointers: { ...pointers, registered: action.registered.ptr, listener: host.listener?.ptr } };
  })();
  return image;
}

// runtime bundles the runtime as ../../make does, but for its names.
async function runtime() {
  const alias = JSON.parse(await readFile(root + "aliases.json", "utf8"));
  const patches = JSON.parse(await readFile(root + "patches.json", "utf8"));
  return build({
    entryPoints: [root + "src/all.js"], absWorkingDir: root, alias, bundle: true, write: false, format: "iife",
    platform: "browser", mainFields: ["module", "main"], target: "esnext", keepNames: true, logLevel: "silent", plugins: [patched(patches)],
  });
}

function patched(patches) {
  return { name: "usher-patch", setup({ onLoad }) {
    for (const file of new Set(patches.map((p) => p.file))) {
      onLoad({ filter: new RegExp(`/node_modules/${file.replaceAll(".", "\\.")}$`) }, async ({ path }) => {
        const code = await readFile(path, "utf8");
        return { contents: patches.filter((p) => p.file === file).reduce((text, { from, to }) => text.replaceAll(from, () => to), code), loader: "js" };
      });
    }
  } };
}

function settings(wasm, host) {
  return {
    wasm,
    timezoneOffset: 0,
    wasi: (memory) => systemCalls(memory, host),
    interruptHandler: () => host.timedOut,
    onUnhandledRejection: (promise, reason, handled) => host.rejected?.(promise, reason, handled),
  };
}

function systemCalls(memory, host) {
  return {
    clock_time_get(_clock, _precision, at) {
      new DataView(memory.buffer).setBigUint64(at, BigInt(Math.round(host.clock * 1e6)), true);
      return 0;
    },
    random_get(at, length) {
      randomBytes(length).copy(new Uint8Array(memory.buffer, at, length));
      return 0;
    },
  };
}

const builtinNames = "assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns dns/promises domain events fs fs/promises http http2 https inspector module net os path path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl stream stream/consumers stream/promises stream/web string_decoder sys timers timers/promises tls trace_events tty url util util/types v8 vm wasi worker_threads zlib".split(" ");

// bundled makes of source the function (module, exports, require, touch) that
// the runtime expects.
async function bundled(source, { resolveDir = root, esbuild = {} }) {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir, sourcefile: "action.js" },
    bundle: true, write: false, format: "cjs", logLevel: "silent", external: ["node:*", "usher:*", ...builtinNames], ...platform,
    banner: { js: "(function (module, exports, require, touch) {" }, footer: { js: "})" }, ...esbuild,
  });
  return outputFiles[0].text;
}

class Action {
  constructor(vm, host, options) {
    Object.assign(this, { vm, host, options });
  }

  // install makes the runtime's primitives and returns where they are.
  install() {
    const { vm } = this;
    this.native = vm.newObject();
    this.native.setProp("building", vm.true);
    const primitives = this.primitives({});
    for (const name in primitives) {
      const f = vm.newFunction(name, primitives[name]);
      this.native.setProp(name, f);
      f.dispose();
    }
    vm.setProp(vm.global, "__native", this.native);
    return { native: this.native.ptr };
  }

  // connect does the same for an instance that was installed before its image.
  connect(replaced) {
    const primitives = this.primitives(replaced);
    for (const name in primitives) this.vm.registerHostCallback(name, primitives[name]);
  }

  // adopt takes over what the image has at pointers.
  adopt({ native, registered, listener }) {
    this.native = new JSValueHandle(this.vm, native);
    this.registered = new JSValueHandle(this.vm, registered);
    if (listener) this.listen(new JSValueHandle(this.vm, listener));
  }

  primitives(replaced) {
    const { vm, host } = this;
    const primitives = {
      register: (functions) => ((this.registered = functions.dup()), vm.undefined),
      on_rejection: (listener) => (this.listen(listener.dup()), vm.undefined),
      promise: (value) => this.promiseDetails(value),
      proxy: (value) => this.proxyDetails(value),
    };
    for (const name of Host.primitives) {
      const primitive = replaced[name] ?? ((...args) => host[name](...args));
      primitives[name] = (...args) => vm.hostToHandle(primitive(...args.map((arg) => this.read(arg))));
    }
    return primitives;
  }

  promiseDetails({ ptr }) {
    const { vm } = this;
    if (!vm.exports.qjs_is_promise(ptr)) return vm.undefined;
    const state = vm.exports.qjs_promise_state(ptr);
    return this.pair(vm.newNumber(state), state > 0 ? new JSValueHandle(vm, vm.exports.qjs_promise_result(ptr)) : vm.undefined);
  }

  proxyDetails({ ptr }) {
    const { vm } = this;
    if (!vm.exports.qjs_is_proxy(ptr)) return vm.undefined;
    const target = new JSValueHandle(vm, vm.exports.qjs_get_proxy_target(ptr));
    if (!vm.exports.qjs_is_exception(target.ptr)) return this.pair(target, new JSValueHandle(vm, vm.exports.qjs_get_proxy_handler(ptr)));
    new JSValueHandle(vm, vm.exports.qjs_get_exception()).dispose();
    return this.pair(vm.null, vm.null);
  }

  pair(a, b) {
    const array = this.vm.newArray();
    array.setProp("0", a);
    array.setProp("1", b);
    return array;
  }

  listen(listener) {
    const { vm, host } = this;
    host.listener = listener;
    host.rejected = (promise, reason, handled) => vm.callFunction(listener, vm.undefined, promise, reason, handled ? vm.true : vm.false).dispose();
  }

  read(arg) {
    return isBytes(this.vm, arg) ? arg.toUint8Array() : this.vm.dump(arg);
  }

  call(name, ...args) {
    const result = this.registered.getProp(name).consume((f) => this.vm.callFunction(f, this.vm.undefined, ...args)).consume((r) => this.vm.dump(r));
    this.vm.executePendingJobs();
    return result;
  }

  // run runs the action's handler until nothing is left to come.
  run(options = {}) {
    const { host, vm } = this;
    const settings = { ...this.options, ...options };
    host.begin(settings);
    this.native.setProp("building", vm.false);
    try {
      this.call("start", vm.newString(settings.entry ?? "onExecutePostUserRegistration"));
      while (this.call("tick"));
    } catch (error) {
      if (!host.timedOut) throw error;
    }
    return host.result();
  }

  dispose() {
    this.vm.dispose();
  }
}

function isBytes(vm, handle) {
  return vm.exports.qjs_is_object(handle.ptr) && handle.getProp("BYTES_PER_ELEMENT").consume((size) => !size.isUndefined);
}
