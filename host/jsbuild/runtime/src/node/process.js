// The global process: an action's own small one.
import { native } from "../native.js";
import { useListeners } from "../loop/listeners.js";
import { nextTick } from "../loop/ticks.js";
import { EventEmitter } from "./events.js";
import { invalidArgument, nodeError } from "./errors.js";
import { inspect } from "./inspect.js";
import { log } from "./log.js";
import { refused } from "./unsupported.js";

const version = "v22.21.1";

class Process extends EventEmitter {
  get [Symbol.toStringTag]() {
    return "process";
  }
}

Object.defineProperty(Process, "name", { value: "process" });

export const process = new Process();

const ownProcess = "an action has no process of its own: return from the handler, or throw an error to fail the run";

Object.assign(process, {
  title: "node",
  version,
  versions: { node: version.slice(1), acorn: "8.15.0", ada: "2.9.2", ares: "1.34.5", brotli: "1.1.0", cldr: "47.0", icu: "77.1", llhttp: "9.3.0", modules: "127", napi: "10", nghttp2: "1.64.0", openssl: "3.0.17", quickjs: "0.17.0", simdjson: "3.10.1", simdutf: "6.0.3", tz: "2025b", undici: "6.22.0", unicode: "16.0", usher: "1", uv: "1.51.0", v8: "12.4.254.21-node.33", zlib: "1.3.1" },
  release: { name: "node", lts: "Jod" },
  arch: "x64",
  platform: "linux",
  argv: ["node", "/action.js"],
  argv0: "node",
  execArgv: [],
  execPath: "/usr/bin/node",
  env: { NODE_ENV: "production" },
  pid: 1,
  ppid: 0,
  exitCode: undefined,
  config: { target_defaults: {}, variables: {} },
  allowedNodeEnvironmentFlags: Object.freeze(new Set()),
  domain: null,
  debugPort: 9229,
  sourceMapsEnabled: false,
  finalization: { register() {}, registerBeforeExit() {}, unregister() {} },
  noDeprecation: false,
  nextTick,
  hrtime,
  uptime: function uptime() {
    return performance.now() / 1000;
  },
  memoryUsage: Object.assign(memoryUsage, { rss: () => memoryUsage().rss }),
  cpuUsage: function cpuUsage() {
    return ({ user: Math.round(performance.now() * 1000), system: 0 });
  },
  resourceUsage: function resourceUsage() {
    return ({ userCPUTime: Math.round(performance.now() * 1000), systemCPUTime: 0, maxRSS: 0 });
  },
  constrainedMemory: function constrainedMemory() {
    return memoryUsage().rss;
  },
  availableMemory: function availableMemory() {
    return memoryUsage().rss;
  },
  cwd: function cwd() {
    return "/";
  },
  umask: function umask() {
    return 0o22;
  },
  getuid: function getuid() {
    return 1000;
  },
  geteuid: function geteuid() {
    return 1000;
  },
  getgid: function getgid() {
    return 1000;
  },
  getegid: function getegid() {
    return 1000;
  },
  getgroups: function getgroups() {
    return [1000];
  },
  getActiveResourcesInfo: function getActiveResourcesInfo() {
    return [];
  },
  emitWarning,
  setUncaughtExceptionCaptureCallback: function setUncaughtExceptionCaptureCallback() {},
  hasUncaughtExceptionCaptureCallback: function hasUncaughtExceptionCaptureCallback() {
    return false;
  },
  setSourceMapsEnabled: function setSourceMapsEnabled() {},
  ref: function ref() {},
  unref: function unref() {},
});

const features = { inspector: false, debug: false, uv: false, ipv6: true, tls_alpn: true, tls_sni: true, tls_ocsp: true, tls: true, openssl_is_boringssl: false, cached_builtins: true, require_module: true, typescript: false };

const fixed = { version, versions: Object.freeze(process.versions), arch: process.arch, platform: process.platform, release: Object.freeze(process.release), moduleLoadList: [], features: Object.freeze(features) };
for (const [name, value] of Object.entries(fixed)) Object.defineProperty(process, name, { value, writable: false, configurable: name !== "features", enumerable: true });
for (const name of ["pid", "ppid"]) Object.defineProperty(process, name, { writable: false });

for (const name of ["exit", "reallyExit", "abort", "kill", "chdir", "dlopen", "setuid", "setgid", "seteuid", "setegid", "setgroups", "initgroups", "openStdin", "binding", "execve", "loadEnvFile"]) {
  process[name] = refused(`process.${name}`, ownProcess);
}

// memoryUsage returns the memory that a run may have at most. How much of it is used
// can't be known from within.
function memoryUsage() {
  const most = 64 << 20;
  return { rss: most, heapTotal: most, heapUsed: 0, external: 0, arrayBuffers: 0 };
}

function hrtime(previous) {
  if (previous !== undefined && !Array.isArray(previous)) throw invalidArgument("time", "an instance of Array", previous);
  const now = hrtime.bigint() - (previous ? BigInt(previous[0]) * 1_000_000_000n + BigInt(previous[1]) : 0n);
  const seconds = now / 1_000_000_000n;
  return [Number(seconds), Number(now - seconds * 1_000_000_000n)];
}

// The product of such numbers would exceed their precision.
hrtime.bigint = () => {
  const now = native.now();
  const whole = Math.floor(now);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((now - whole) * 1e6));
};

// emitWarning writes a warning to the log, unless someone listens for it.
function emitWarning(warning, type, code) {
  const settings = type !== null && typeof type === "object" && !Array.isArray(type) ? type : { type: typeof type === "string" ? type : undefined, code: typeof code === "string" ? code : undefined };
  if (typeof warning !== "string" && !(warning instanceof Error)) throw invalidArgument("warning", "of type string or an instance of Error", warning);
  const error = warning instanceof Error ? warning : warningOf(warning, settings);
  if (error.name === "DeprecationWarning" && process.noDeprecation) return;
  nextTick(() => {
    process.emit("warning", error);
    log("warn", `(node:${process.pid}) ${error.code ? `[${error.code}] ` : ""}${error.name}: ${error.message}${error.detail ? `\n${error.detail}` : ""}`);
  });
}

function warningOf(message, { type = "Warning", code, detail }) {
  const error = new Error(message);
  error.name = type;
  if (code !== undefined) error.code = code;
  if (typeof detail === "string") error.detail = detail;
  return error;
}

// Uncaught errors go to the listeners for them.
useListeners({
  exception: uncaught,

  rejection(reason, promise) {
    if (process.emit("unhandledRejection", reason, promise)) return true;
    return process.listenerCount("uncaughtException") > 0 && uncaught(reason instanceof Error ? reason : noError(reason), "unhandledRejection");
  },

  handled: function handled(promise) {
    return process.emit("rejectionHandled", promise);
  },
});

function uncaught(error, origin) {
  process.emit("uncaughtExceptionMonitor", error, origin);
  return process.emit("uncaughtException", error, origin);
}

function noError(reason) {
  return nodeError(
    Error,
    "ERR_UNHANDLED_REJECTION",
    `This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason "${inspect(reason)}".`,
  );
}

// The standard streams are plain writers to the run's log until stream.js, which
// few actions need, makes real streams of them.
function writer(fd, level) {
  return Object.assign(new EventEmitter(), { fd, isTTY: false, writable: true, write: (text) => (log(level, String(text)), true), end: () => {} });
}

export function useStreams(streams) {
  for (const [name, value] of Object.entries(streams)) Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: true });
}

useStreams({ stdout: writer(1, "info"), stderr: writer(2, "error") });

Object.defineProperty(globalThis, "process", { value: process, writable: true, configurable: true, enumerable: false });
Object.defineProperty(globalThis, "global", { value: globalThis, writable: true, configurable: true, enumerable: false });
