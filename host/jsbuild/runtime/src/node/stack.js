// Stacks in the form that programs know from V8: they begin with the error's
// name and message as they are when the stack is first asked for, and frames of
// the runtime itself are left out.
import { exportedName } from "../loop/action.js";
import { native } from "../native.js";
import { framesOf } from "./asyncframe.js";
import { reword } from "./wording.js";

const errorText = Error.prototype.toString;
const captureNative = Error.captureStackTrace;
const { get: read } = Object.getOwnPropertyDescriptor(Error.prototype, "stack");

const maxWaiting = 10; // frames

// Trace holds the frames of an error until its stack is asked for.
class Trace {
  constructor(frames, waiting) {
    this.frames = frames;
    this.waiting = waiting; // the async functions that wait for the last of them, as the engine has them
  }

  text(error) {
    const own = constructorsOf(error);
    const made = this.frames.findIndex((frame) => !(frame.isConstructor() && own.has(frame.getFunctionName())));
    const lines = this.frames.slice(Math.max(made, 0)).map(place).filter(Boolean);
    for (const frame of framesOf(this.waiting)) if (lines.length < maxWaiting) lines.push(`${frame}`);
    return [heading(error), ...lines].join("\n    at ");
  }
}

// constructorsOf names the classes of an error, whose constructors are no part
// of where it was made.
function constructorsOf(error) {
  const names = new Set();
  for (let o = error; (o = Object.getPrototypeOf(o)) && names.size < 16; ) names.add(Object.getOwnPropertyDescriptor(o, "constructor")?.value?.name);
  return names;
}

function heading(error) {
  try {
    return errorText.call(error);
  } catch {
    return "<error>";
  }
}

function place(frame) {
  const file = frame.getFileName();
  const name = (frame.isConstructor() ? "new " : "") + (frame.getFunctionName() ?? exportedName(frame.getFunction()) ?? "");
  if (frame.isNative()) return name && !passing.has(name) ? `${name} (<anonymous>)` : null;
  if (!file || file === ownFile) return null;
  const position = `${file}:${frame.getLineNumber()}:${frame.getColumnNumber()}`;
  return name && name !== "<anonymous>" ? `${name} (${position})` : position;
}

// Functions that only call others.
const passing = new Set(["apply", "call", "construct", "new construct"]);

// The name under which this runtime itself was evaluated.
const ownFile = (() => {
  let file;
  Error.prepareStackTrace = (_, frames) => (file = frames[0]?.getFileName());
  new Error().stack;
  return file;
})();

function prepareStackTrace(error, frames) {
  reword(error);
  return new Trace(frames, native.async_frames(maxWaiting));
}

function captureStackTrace(target, above) {
  captureNative(target, above ?? captureStackTrace);
  const trace = Object.getOwnPropertyDescriptor(target, "stack")?.value;
  if (trace instanceof Trace) Object.defineProperty(target, "stack", { get: () => keep(target, trace), set: (value) => fix(target, value), configurable: true, enumerable: false });
}

// keep settles what target's stack is from now on.
function keep(target, trace) {
  return fix(target, prepared(target, trace));
}

// prepared is the stack by the program's own Error.prepareStackTrace, if it has one.
function prepared(target, trace) {
  const { prepareStackTrace } = Error;
  return typeof prepareStackTrace === "function" && prepareStackTrace !== plain ? prepareStackTrace.call(Error, target, trace.frames) : trace.text(target);
}

function plain(error, frames) {
  return new Trace(frames).text(error);
}

function fix(target, value) {
  Object.defineProperty(target, "stack", { value, writable: true, configurable: true, enumerable: false });
  return value;
}

// The engine goes on calling ours. What a program sets is looked at when a stack is read.
Error.prepareStackTrace = prepareStackTrace;
Object.defineProperty(plain, "name", { value: "prepareStackTrace" });
Object.defineProperty(Error, "prepareStackTrace", { value: plain, writable: true, configurable: true, enumerable: false });
Object.defineProperty(Error, "captureStackTrace", { value: captureStackTrace, writable: true, configurable: true, enumerable: false });
Object.defineProperty(Error.prototype, "stack", {
  get() {
    const stack = read.call(this);
    return stack instanceof Trace ? keep(this, stack) : stack;
  },
  set(value) {
    fix(this, value);
  },
  configurable: true,
  enumerable: false,
});
