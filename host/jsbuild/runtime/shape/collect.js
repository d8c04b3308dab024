// Lists what an engine and its modules offer: every global, every export of a module,
// every property of a constructor and of its prototype, each with its kind.

// shapeOf returns lines "path: kind flags" and "path < parent". load returns a
// module by its name. It is self-contained: its source is evaluated in the engine.
export function shapeOf(load, modules) {
  const lines = [];
  const seen = new Map([[globalThis, "globalThis"]]);
  const queue = [];
  const plain = new Set([Object.prototype, Function.prototype, Array.prototype]);
  const deepest = 5; // names in a path
  const large = new Set(["node:process.env", "node:process.config"]);
  const known = new Map([[Symbol.dispose, "Symbol.dispose"], [Symbol.asyncDispose, "Symbol.asyncDispose"]]); // described otherwise where they are made up
  const label = (key) => (typeof key === "symbol" ? `[${known.get(key) ?? key.description}]` : key).replace(/[^ -~]/g, "?");
  const flags = (d) => `${d.writable || d.set ? "w" : "-"}${d.enumerable ? "e" : "-"}${d.configurable ? "c" : "-"}`;

  // internal names are no one's business: _private ones, and symbols that no program can get.
  function internal(key) {
    if (typeof key === "string") return /^_(?!_)/.test(key);
    return Symbol.keyFor(key) === undefined && !known.has(key) && !key.description.startsWith("Symbol.");
  }

  function constructs(f) {
    try {
      Reflect.construct(Object, [], f);
      return true;
    } catch {
      return false;
    }
  }

  // kind describes a value: "function 2 new" takes two arguments and may be called with new, "class" must be.
  function kind(value, path, expand) {
    if (value === null || (typeof value !== "function" && typeof value !== "object")) return value === null ? "null" : typeof value;
    if (expand && !plain.has(value) && !seen.has(value)) {
      seen.set(value, path);
      queue.push([value, path]);
    }
    if (typeof value === "object") return Array.isArray(value) ? "array" : "object";
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    return `function ${value.length}${isClass ? " class" : constructs(value) ? " new" : ""}`;
  }

  function parentOf(object) {
    const proto = Object.getPrototypeOf(object);
    if (proto === null) return "null";
    if (typeof object === "function") return proto === Function.prototype ? undefined : proto.name;
    return Object.getOwnPropertyDescriptor(proto, "constructor")?.value?.name ?? "";
  }

  function own(object, path) {
    if (Array.isArray(object) || ArrayBuffer.isView(object)) return;
    const isFunction = typeof object === "function";
    const parent = path === "" ? undefined : parentOf(object);
    if (parent && parent !== "Object") lines.push(`${path} < ${parent}`);
    for (const key of Reflect.ownKeys(object)) {
      if (internal(key) || key === "constructor" || (isFunction && ["length", "name", "arguments", "caller"].includes(key))) continue;
      const d = Object.getOwnPropertyDescriptor(object, key);
      const at = path === "" ? label(key) : path + (typeof key === "symbol" ? label(key) : `.${label(key)}`);
      const bare = key === "prototype" && isFunction && d.value !== null && typeof d.value === "object" && Object.getPrototypeOf(d.value) === Object.prototype && Reflect.ownKeys(d.value).length === 1;
      if (bare) continue;
      if (path === "" && d.get) lines.push(`${at}: accessor ${kind(object[key], at, true)}`);
      else if (d.get || d.set) lines.push(`${at}: ${d.get ? "get" : ""}${d.set ? "set" : ""} ${flags(d)}`);
      else lines.push(`${at}: ${kind(d.value, at, at.split(".").length < deepest && !large.has(at))} ${flags(d)}`);
    }
  }

  // A module that is also another's property is listed under its own name.
  const roots = modules.map((name) => [`node:${name}`, loaded(`node:${name}`)]);
  for (const [path, module] of roots) if (module !== undefined && !seen.has(module)) seen.set(module, path);

  own(globalThis, "");
  while (queue.length > 0) own(...queue.shift());
  for (const [path, module] of roots) {
    lines.push(`${path}: ${module === undefined ? "throws" : kind(module, path, false)}`);
    if (seen.get(module) === path) queue.push([module, path]);
    while (queue.length > 0) own(...queue.shift());
  }
  return lines;

  function loaded(name) {
    try {
      return load(name);
    } catch {
      return undefined;
    }
  }
}
