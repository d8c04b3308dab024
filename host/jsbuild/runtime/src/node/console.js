// console as Node has it. What would go to the standard streams goes to the
// run's log, each call at the level of its name.
import { callable } from "./callable.js";
import { checkFunction, invalidArgument, nodeError } from "./errors.js";
import { formatWithOptions, inspect } from "./inspect.js";
import { log } from "./log.js";
import { process } from "./process.js";
import { table } from "./table.js";

class Printer {
  #write;
  #indent = "";
  #step;
  #options;
  #counts = new Map();
  #times = new Map();
  #muted;

  // A Console writes to streams: new Console(stdout, stderr) or with options.
  constructor(stdout, stderr, ignoreErrors) {
    const settings = typeof stdout?.write === "function" ? { stdout, stderr, ignoreErrors } : stdout ?? {};
    this.#muted = settings.ignoreErrors ?? true;
    this.#step = " ".repeat(settings.groupIndentation ?? 2);
    this.#options = settings.inspectOptions ?? {};
    this.#write = settings.sink ?? streamWriter(settings);
    for (const name of methods) Object.defineProperty(this, name, { value: this[name].bind(this), writable: true, enumerable: true, configurable: true });
  }

  #print(level, args) {
    const text = formatWithOptions(this.#options, ...args);
    const indented = this.#indent && this.#indent + text.replaceAll("\n", `\n${this.#indent}`);
    try {
      this.#write(level, indented || text);
    } catch (error) {
      if (!this.#muted) throw error;
    }
  }

  log(...args) {
    this.#print("info", args);
  }

  info(...args) {
    this.#print("info", args);
  }

  debug(...args) {
    this.#print("debug", args);
  }

  warn(...args) {
    this.#print("warn", args);
  }

  error(...args) {
    this.#print("error", args);
  }

  dirxml(...args) {
    this.#print("info", args);
  }

  dir(value, options) {
    this.#print("info", literal(inspect(value, { customInspect: false, ...this.#options, ...options })));
  }

  trace(...args) {
    const trace = { name: "Trace", message: formatWithOptions(this.#options, ...args) };
    Error.captureStackTrace(trace, this.trace);
    const [, ...frames] = trace.stack.split("\n    at ");
    const heading = trace.message ? `Trace: ${trace.message}` : "Trace";
    this.#print("trace", literal([heading, ...frames].join("\n    at ")));
  }

  assert(condition, ...args) {
    if (condition) return;
    this.warn(`Assertion failed${args.length > 0 ? `: ${args[0]}` : ""}`, ...args.slice(1));
  }

  clear() {}

  count(label = "default") {
    const count = (this.#counts.get(`${label}`) ?? 0) + 1;
    this.#counts.set(`${label}`, count);
    this.log(`${label}: ${count}`);
  }

  countReset(label = "default") {
    if (!this.#counts.delete(`${label}`)) process.emitWarning(`Count for '${label}' does not exist`);
  }

  group(...args) {
    if (args.length > 0) this.log(...args);
    this.#indent += this.#step;
  }

  groupCollapsed(...args) {
    this.group(...args);
  }

  groupEnd() {
    this.#indent = this.#indent.slice(this.#step.length);
  }

  time(label = "default") {
    if (this.#times.has(`${label}`)) process.emitWarning(`Label '${label}' already exists for console.time()`);
    else this.#times.set(`${label}`, process.hrtime.bigint());
  }

  timeLog(label = "default", ...args) {
    this.#log(label, "timeLog", args);
  }

  timeEnd(label = "default") {
    this.#log(label, "timeEnd", []);
    this.#times.delete(`${label}`);
  }

  #log(label, caller, args) {
    const begun = this.#times.get(`${label}`);
    if (begun === undefined) process.emitWarning(`No such label '${label}' for console.${caller}()`);
    else this.log("%s: %s", label, duration(Number(process.hrtime.bigint() - begun) / 1e6), ...args);
  }

  table(data, columns) {
    if (data === null || typeof data !== "object") return this.log(data);
    if (columns !== undefined && !Array.isArray(columns)) throw invalidArgument("properties", "an instance of Array", columns);
    this.log(table(data, columns, this.#options));
  }

  profile() {}

  profileEnd() {}

  timeStamp() {}
}

Object.defineProperty(Printer, "name", { value: "Console" });
const methods = Object.getOwnPropertyNames(Printer.prototype).filter((name) => name !== "constructor");

// literal returns arguments that are printed as text is, with no directives.
function literal(text) {
  return ["%s", text];
}

function streamWriter({ stdout, stderr = stdout }) {
  if (typeof stdout?.write !== "function") throw nodeError(TypeError, "ERR_CONSOLE_WRITABLE_STREAM", "Console expects a writable stream instance for stdout");
  checkFunction(stderr.write, "stderr.write");
  return (level, text) => (level === "info" || level === "debug" ? stdout : stderr).write(`${text}\n`);
}

// duration writes ms as Node's timers do: 1.5ms, 2.500s, 1:02.003 (m:ss.mmm).
function duration(ms) {
  if (ms < 1000) return `${Number(ms.toFixed(3))}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(3)}s`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = ((ms % 60_000) / 1000).toFixed(3).padStart(6, "0");
  const padded = String(minutes).padStart(2, "0");
  return hours > 0 ? `${hours}:${padded}:${seconds} (h:mm:ss.mmm)` : `${minutes}:${seconds} (m:ss.mmm)`;
}

export const Console = callable(Printer);

// console is the global one.
export const console = Object.assign(Object.create({}), new Console({ sink: log }));
Object.defineProperty(console, "Console", { value: Console, writable: true, configurable: true, enumerable: true });
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
Object.defineProperty(globalThis, "console", { value: console, writable: true, configurable: true, enumerable: false });
