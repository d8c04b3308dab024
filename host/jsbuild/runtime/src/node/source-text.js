// Actions carry no source, so that a class of theirs would show itself as a
// native function. Packages and formatters tell classes by their text.

const text = Function.prototype.toString;
const own = new WeakSet(Object.getOwnPropertyNames(globalThis).map((name) => globalThis[name]).filter((value) => typeof value === "function"));

function toString() {
  const source = text.call(this);
  if (!source.includes("[native code]") || own.has(this) || !isClass(this)) return source;
  return `class ${this.name} { [native code] }`;
}

function isClass(f) {
  return Object.getOwnPropertyDescriptor(f, "prototype")?.writable === false;
}

own.add(toString);
Object.defineProperty(Function.prototype, "toString", { value: toString, writable: true, configurable: true });
