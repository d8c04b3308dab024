// What the engine's last instruction or function failed on, in V8's words.
import { native } from "../native.js";

// Failure is of one of a program's instructions what it was ("call", "new", "of",
// "spread", "object" of a pattern, "in", "instanceof", "put", "delete", "class"), how the
// source writes its operand, that operand, and a second one: a key, the right-hand side or
// a call's first argument. Of a "native" function it is the function and two arguments.
export class Failure {
  constructor([what, name, value, other, third]) {
    this.what = what;
    this.name = name?.replace(/^import_(\w+)\.default\b/, "$1").replace(/^import_\w+\./, "") || described(value); // as the bundler writes imports
    this.value = value;
    this.other = other;
    this.third = third;
    if (what === "call" && typeof value === "function") this.what = "native"; // some functions have no frame of their own
  }

  // of is the failure that is below so many frames of the runtime, the one that calls it
  // among them, or undefined.
  static of(below) {
    const found = native.operands(below + 2);
    return found && new Failure(found);
  }

  // by reports whether it is a native function of those.
  by(...functions) {
    return this.what === "native" && functions.includes(this.value);
  }

  // site is the native function as V8 names it.
  get site() {
    return this.what === "native" ? this.value.name : undefined;
  }
}

// described is how V8 names a value that it has no source of.
export function described(value) {
  if (typeof value === "string") return `string "${value}"`;
  if (value === null || typeof value === "number" || typeof value === "boolean") return `${typeof value} ${value}`;
  return typeof value;
}

// summary is how V8 names an object in a message.
export function summary(value) {
  if (typeof value === "function") return Function.prototype.toString.call(value);
  if (Array.isArray(value)) return "[object Array]";
  if (value === null || typeof value !== "object") return String(value);
  try {
    return `#<${value.constructor?.name || "Object"}>`;
  } catch {
    return "#<Object>";
  }
}
