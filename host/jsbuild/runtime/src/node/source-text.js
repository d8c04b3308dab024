// Actions have no source, so a class or an async function would look like a native
// function. Packages and formatters recognise them by their text.
import { native } from "../native.js";

const text = Function.prototype.toString;
const tagOf = Object.prototype.toString;
const own = new WeakSet(Object.getOwnPropertyNames(globalThis).map((name) => globalThis[name]).filter((value) => typeof value === "function"));

const openings = {
  "[object AsyncFunction]": "async function",
  "[object GeneratorFunction]": "function*",
  "[object AsyncGeneratorFunction]": "async function*",
};

function toString() {
  const source = text.call(this).replace(/\{\s*\[native code\]\s*\}$/, "{ [native code] }");
  if (!source.includes("[native code]") || own.has(this)) return source;
  if (native.proxy(this)) return "function () { [native code] }";
  if (isClass(this)) return `class ${this.name} { [native code] }`;
  const opening = openings[tagOf.call(this)];
  return opening ? source.replace(/^function/, opening) : source;
}

function isClass(f) {
  const prototype = Object.getOwnPropertyDescriptor(f, "prototype");
  return prototype?.writable === false;
}

own.add(toString);
Object.defineProperty(Function.prototype, "toString", { value: toString, writable: true, configurable: true });
