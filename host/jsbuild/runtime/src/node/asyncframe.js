// The frames of async functions that wait for others, in the form of the engine's own
// call sites.
import { exportedName } from "../loop/action.js";
import { native } from "../native.js";
import { CallSite } from "./callsite.js";

// AsyncFrame is a suspended async function, or a combinator of promises that one waits
// for: {function, line, column, file}, or {name, index}.
class AsyncFrame {
  constructor(what, line, column, file) {
    this.function = typeof what === "function" ? what : undefined;
    this.name = typeof what === "function" ? Object.getOwnPropertyDescriptor(what, "name")?.value : what;
    this.line = line;
    this.column = column;
    this.file = file;
  }

  getFunction() {
    return this.function;
  }
  getFunctionName() {
    return typeof this.name === "string" && this.name !== "" ? this.name : exportedName(this.function) ?? null;
  }
  getFileName() {
    return this.file;
  }
  getLineNumber() {
    return this.function ? this.line : null;
  }
  getColumnNumber() {
    return this.function ? this.column : null;
  }
  isNative() {
    return false;
  }
  isConstructor() {
    return false;
  }
  isAsync() {
    return true;
  }
  isPromiseAll() {
    return this.name === "Promise.all" && !this.function;
  }
  getPromiseIndex() {
    return this.function ? null : this.line;
  }

  toString() {
    if (!this.function) return `async ${this.name} (index ${this.line})`;
    const position = `${this.file}:${this.line}:${this.column}`;
    const name = this.getFunctionName();
    return name ? `async ${name} (${position})` : `async ${position}`;
  }
}

Object.setPrototypeOf(AsyncFrame.prototype, CallSite.prototype);
Object.defineProperty(AsyncFrame.prototype, "constructor", { value: CallSite, writable: true, configurable: true, enumerable: false });

// waitingFrames returns the frames, limit at most, in which the handler waits, the
// innermost first.
export function waitingFrames(limit) {
  return framesOf(native.waiting_frames(limit));
}

// framesOf returns frames that the engine gave as a flat list, or undefined for none.
export function framesOf(flat) {
  const frames = [];
  for (let i = 0; i < flat?.length; i += 4) frames[frames.length] = new AsyncFrame(flat[i], flat[i + 1], flat[i + 2], flat[i + 3]);
  return frames;
}
