// Stacks in the form that programs know from V8: they begin with the error's
// name and message as they are when the stack is first asked for, and frames of
// the runtime itself are left out.
import { exportedName } from "../loop/action.js";
import { native } from "../native.js";
import { framesOf } from "./asyncframe.js";
import { reword } from "./wording.js";

const { defineProperty } = Reflect;
const { isError } = Error;
const errorText = Error.prototype.toString;
const captureNative = Error.captureStackTrace;

const maxWaiting = 10; // frames

// Trace holds the frames of an error until its stack is asked for.
class Trace {
  constructor(frames, waiting) {
    this.frames = frames;
    this.waiting = waiting; // the async functions that wait for the last of them, as the engine has them
  }

  // sites are the frames as a program gets them.
  sites() {
    const { stackTraceLimit } = Error;
    return [...this.frames, ...framesOf(this.waiting)].slice(0, stackTraceLimit > 0 ? stackTraceLimit : 0);
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

// Stacked is an object with the trace of which its stack is made.
class Stacked extends (class { constructor(object) { return object; } }) {
  #trace;

  constructor(object, trace) {
    super(object);
    this.#trace = trace;
  }

  static has(object) {
    return typeof object === "object" && object !== null && #trace in object;
  }

  static set(object, trace) {
    if (#trace in object) object.#trace = trace;
    else new Stacked(object, trace);
  }

  // stackOf returns the stack of an object, or that of the next of its prototypes that has one.
  static stackOf(object) {
    for (let o = Object(object); o; o = Object.getPrototypeOf(o)) if (#trace in o) return keep(o, o.#trace);
  }
}

// accessors are the property of each error, as V8 has it.
const accessors = {
  get: (() => function () {
    return Stacked.stackOf(this);
  })(),
  set: (() => function (value) {
    fix(this, value);
  })(),
  configurable: true,
  enumerable: false,
};

// prepareStackTrace is called by the engine for each error: one that has its message
// and its cause by then. V8 gives them after the stack.
function prepareStackTrace(error, frames) {
  if (!capturing && Stacked.has(error)) return null; // it is thrown again
  reword(error);
  const trace = new Trace(frames, native.async_frames(maxWaiting));
  if (capturing || !isError(error)) return trace;
  const later = Object.getOwnPropertyDescriptors(error);
  for (const name in later) delete error[name];
  Stacked.set(error, trace);
  defineProperty(error, "stack", accessors);
  Object.defineProperties(error, later);
  return null; // the engine asks again for undefined
}

let capturing = false;

function captureStackTrace(target, above) {
  capturing = true;
  try {
    captureNative(target, above ?? captureStackTrace);
  } finally {
    capturing = false;
  }
  const trace = Object.getOwnPropertyDescriptor(target, "stack")?.value;
  if (!(trace instanceof Trace)) return;
  Stacked.set(target, trace);
  defineProperty(target, "stack", accessors);
}

// keep settles what target's stack is from now on.
function keep(target, trace) {
  return fix(target, prepared(target, trace));
}

// prepared is the stack by the program's own Error.prepareStackTrace, if it has one.
function prepared(target, trace) {
  const { prepareStackTrace } = Error;
  return typeof prepareStackTrace === "function" && prepareStackTrace !== plain ? prepareStackTrace.call(Error, target, trace.sites()) : trace.text(target);
}

function plain(error, frames) {
  return new Trace(frames).text(error);
}

function fix(target, value) {
  defineProperty(target, "stack", { value, writable: true, configurable: true, enumerable: false }); // not of what is frozen
  return value;
}

// The engine goes on calling ours. What a program sets is looked at when a stack is read.
Error.prepareStackTrace = prepareStackTrace;
Object.defineProperty(plain, "name", { value: "prepareStackTrace" });
Object.defineProperty(Error, "prepareStackTrace", { value: plain, writable: true, configurable: true, enumerable: false });
Object.defineProperty(Error, "captureStackTrace", { value: captureStackTrace, writable: true, configurable: true, enumerable: false });
delete Error.prototype.stack;
