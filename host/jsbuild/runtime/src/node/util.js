// node:util.
import { constants } from "./os.js";
import { isDeepStrictEqual } from "./deep-equal.js";
import { checkFunction, checkObject, checkString, invalidArgument, nodeError, outOfRange } from "./errors.js";
import { format, formatWithOptions, inspect, stripVTControlCharacters } from "./inspect.js";
import { MIMEParams, MIMEType } from "./mime.js";
import { process } from "./process.js";
import { callbackify, promisify } from "./promisify.js";
import { styleText } from "./style-text.js";
import { types } from "./types.js";

export function inherits(constructor, parent) {
  checkFunction(constructor, "ctor");
  checkFunction(parent, "superCtor");
  if (parent.prototype === undefined) throw invalidArgument("superCtor.prototype", "of type object", undefined);
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

const reportedCodes = new Set(); // of deprecations

export function deprecate(f, message, code) {
  let warned = false;
  const warn = () => {
    if (warned || process.noDeprecation) return;
    warned = true;
    if (code !== undefined && reportedCodes.has(code)) return;
    reportedCodes.add(code);
    process.emitWarning(message, "DeprecationWarning", code, deprecated);
  };
  function deprecated(...args) {
    warn();
    return new.target ? Reflect.construct(f, args, new.target) : Reflect.apply(f, this, args);
  }
  Object.setPrototypeOf(deprecated, f);
  if (f.prototype) deprecated.prototype = f.prototype;
  return deprecated;
}

// debuglog returns a logger that is on when process.env.NODE_DEBUG names set.
export function debuglog(set, ready) {
  const enabled = () => enabledBy(process.env.NODE_DEBUG ?? "", set);
  const log = (...args) => {
    ready?.(log);
    ready = undefined;
    if (enabled()) process.stderr.write(`${set.toUpperCase()} ${process.pid}: ${format(...args)}\n`);
  };
  return Object.defineProperty(log, "enabled", { get: enabled, configurable: true, enumerable: true });
}

function enabledBy(list, set) {
  return list.split(",").some((name) => name !== "" && new RegExp(`^${name.trim().replace(/[|\\{}()[\]^$+?.]/g, "\\$&").replaceAll("*", ".*")}$`, "i").test(set));
}

// aborted comes to pass when signal aborts.
export async function aborted(signal, resource) {
  checkObject(resource, "resource");
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

export function parseEnv(text) {
  checkString(text, "content");
  const pairs = text.matchAll(/^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*("(?:\\"|[^"])*"|'[^']*'|`[^`]*`|[^\n#]*)/gm);
  return Object.fromEntries(pairs.map(([, key, value]) => [key, unquoted(value.trim())]));
}

function unquoted(value) {
  const quote = value[0];
  if (value.length < 2 || !"\"'`".includes(quote) || value.at(-1) !== quote) return value;
  const inner = value.slice(1, -1);
  return quote === '"' ? inner.replaceAll("\\n", "\n") : inner;
}

// System errors: the numbers are those of Linux.
const descriptions = {
  EACCES: "permission denied", EADDRINUSE: "address already in use", EAGAIN: "resource temporarily unavailable", EBADF: "bad file descriptor",
  ECONNABORTED: "software caused connection abort", ECONNREFUSED: "connection refused", ECONNRESET: "connection reset by peer", EEXIST: "file already exists",
  EHOSTUNREACH: "host is unreachable", EINVAL: "invalid argument", EIO: "i/o error", ENETUNREACH: "network is unreachable", ENOENT: "no such file or directory",
  ENOMEM: "not enough memory", ENOTCONN: "socket is not connected", ENOTSUP: "operation not supported on socket", EPERM: "operation not permitted", EPIPE: "broken pipe", ETIMEDOUT: "connection timed out",
};

export function getSystemErrorMap() {
  const known = Object.entries(descriptions).map(([name, text]) => [-constants.errno[name], [name, text]]);
  return new Map([...known, [-3008, ["ENOTFOUND", "name does not resolve"]], [-3001, ["EAI_AGAIN", "temporary failure"]], [-4095, ["EOF", "end of file"]]]);
}

export function getSystemErrorName(number) {
  if (typeof number !== "number") throw invalidArgument("err", "of type number", number);
  if (number >= 0) throw outOfRange("err", "a negative integer", number);
  return getSystemErrorMap().get(number)?.[0] ?? `Unknown system error ${number}`;
}

export function getSystemErrorMessage(number) {
  return getSystemErrorMap().get(number)?.[1] ?? `Unknown system error ${number}`;
}

function errnoException(number, syscall, original) {
  const code = getSystemErrorName(number);
  const error = new Error(original ? `${syscall} ${code} ${original}` : `${syscall} ${code}`);
  return Object.assign(error, { errno: number, code, syscall });
}

function exceptionWithHostPort(number, syscall, address, port, additional) {
  const code = getSystemErrorName(number);
  const details = ` ${address}${port && port > 0 ? `:${port}` : ""}${additional ? ` - Local (${additional})` : ""}`;
  return Object.assign(new Error(`${syscall} ${code}${details}`), { errno: number, code, syscall, address, ...(port ? { port } : {}) });
}

// Code that names it is built with the part that has it.
function diff() {
  throw new Error("this action was built without util.diff: write util.diff in full somewhere in its code");
}

// Code that names parseArgs is built with the part that has it.
function parseArgs() {
  throw new Error("this action was built without util.parseArgs: write the name parseArgs in full somewhere in its code");
}

const isPrimitive = (value) => value === null || (typeof value !== "object" && typeof value !== "function");

export const util = {
  _errnoException: errnoException,
  _exceptionWithHostPort: exceptionWithHostPort,
  _extend: function _extend(target, source) {
    return (source !== null && typeof source === "object" ? Object.assign(target, source) : target);
  },
  aborted,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  diff,
  format,
  formatWithOptions,
  getCallSite: getCallSites,
  getCallSites,
  getSystemErrorMap,
  getSystemErrorMessage,
  getSystemErrorName,
  inherits,
  inspect,
  isArray: Array.isArray,
  isBoolean: function isBoolean(value) {
    return typeof value === "boolean";
  },
  isBuffer: function isBuffer(value) {
    return globalThis.Buffer.isBuffer(value);
  },
  isDate: types.isDate,
  isDeepStrictEqual,
  isError: function isError(value) {
    return types.isNativeError(value) || value instanceof Error;
  },
  isFunction: function isFunction(value) {
    return typeof value === "function";
  },
  isNull: function isNull(value) {
    return value === null;
  },
  isNullOrUndefined: function isNullOrUndefined(value) {
    return value === null || value === undefined;
  },
  isNumber: function isNumber(value) {
    return typeof value === "number";
  },
  isObject: function isObject(value) {
    return value !== null && typeof value === "object";
  },
  isPrimitive,
  isRegExp: types.isRegExp,
  isString: function isString(value) {
    return typeof value === "string";
  },
  isSymbol: function isSymbol(value) {
    return typeof value === "symbol";
  },
  isUndefined: function isUndefined(value) {
    return value === undefined;
  },
  log: function log(...args) {
    return process.stdout.write(`${format(...args)}\n`);
  },
  MIMEParams,
  MIMEType,
  parseArgs,
  parseEnv,
  promisify,
  stripVTControlCharacters,
  setTraceSigInt: function setTraceSigInt(enable) {
    if (typeof enable !== "boolean") throw invalidArgument("enable", "of type boolean", enable);
  },
  styleText,
  toUSVString: function toUSVString(value) {
    return String(value).toWellFormed();
  },
  transferableAbortController: function transferableAbortController() {
    return new AbortController();
  },
  transferableAbortSignal: function transferableAbortSignal(signal) {
    return signal;
  },
  types,
  get TextDecoder() {
    return globalThis.TextDecoder;
  },
  get TextEncoder() {
    return globalThis.TextEncoder;
  },
};

// getCallSites returns the callers, innermost first.
export function getCallSites(count = 10) {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (_, frames) => frames;
  const { stack } = new Error();
  Error.prepareStackTrace = before;
  return stack.slice(1, count + 1).map((frame) => ({
    functionName: frame.getFunctionName() ?? "", scriptId: "0", scriptName: frame.getFileName() ?? "", lineNumber: frame.getLineNumber(), columnNumber: frame.getColumnNumber(), column: frame.getColumnNumber(),
  }));
}
