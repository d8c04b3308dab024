// What Web IDL asks of every interface: members that can be listed, names that
// survive minifying, conversions, and errors as Node words them.
const inspect = Symbol.for("nodejs.util.inspect.custom");
const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

// expose gives Class its name and its members the properties that Web IDL requires.
export function expose(Class, name, constants = {}) {
  Object.defineProperty(Class, "name", { value: name, configurable: true });
  for (const holder of [Class, Class.prototype]) {
    list(holder);
    for (const key in constants) {
      Object.defineProperty(holder, key, { value: constants[key], enumerable: true });
    }
  }
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
  return Class;
}

function list(holder) {
  for (const key of Object.getOwnPropertyNames(holder)) {
    const own = typeof holder === "function" ? ["prototype", "name", "length"] : ["constructor"];
    if (!own.includes(key)) Object.defineProperty(holder, key, { enumerable: true });
  }
}

// show makes util.inspect print an instance of Class as the fields that read
// returns.
export function show(Class, read) {
  Object.defineProperty(Class.prototype, inspect, {
    value(depth, options, print) {
      const fields = read(this);
      return print ? `${this.constructor?.name ?? Class.name} ${print(fields, options)}` : fields;
    },
    writable: true,
    configurable: true,
  });
}

// iterable makes Class a Web IDL pair iterable: pairs(instance) returns its
// pairs as they are now, asked for again at each step.
export function iterable(Class, name, pairs) {
  const make = iteratorOf(name, pairs);
  const methods = {
    keys() {
      return make(this, (pair) => pair[0]);
    },
    values() {
      return make(this, (pair) => pair[1]);
    },
    entries() {
      return make(this, (pair) => [pair[0], pair[1]]);
    },
    forEach(callback, thisArg = undefined) {
      need(arguments, 1, `${name}.forEach`);
      if (typeof callback !== "function") {
        throw new TypeError(`Failed to execute 'forEach' on '${name}': parameter 1 is not of type 'Function'.`);
      }
      for (const [key, value] of this) callback.call(thisArg, value, key, this);
    },
  };
  for (const key in methods) define(Class.prototype, key, methods[key], true);
  define(Class.prototype, Symbol.iterator, methods.entries);
}

function iteratorOf(name, pairs) {
  const states = new WeakMap();
  const prototype = Object.create(iteratorPrototype, {
    [Symbol.toStringTag]: { value: `${name} Iterator`, configurable: true },
  });
  define(prototype, "next", function next() {
    const state = states.get(this);
    if (!state) throw new TypeError(`'next' called on an object that does not implement interface ${name} Iterator.`);
    const pair = pairs(state.target)[state.index++];
    return pair ? { value: state.pick(pair), done: false } : { value: undefined, done: true };
  }, true);
  return (target, pick) => {
    pairs(target);
    const iterator = Object.create(prototype);
    states.set(iterator, { target, pick, index: 0 });
    return iterator;
  };
}

export function define(target, key, value, enumerable = false) {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

// handlers gives Class the attributes onNAME, each an event listener that its
// successor replaces.
export function handlers(Class, names) {
  for (const name of names) {
    const current = new WeakMap();
    Object.defineProperty(Class.prototype, `on${name}`, {
      get() {
        return current.get(this)?.handler ?? null;
      },
      set(handler) {
        setHandler(this, name, current, handler);
      },
      enumerable: true,
      configurable: true,
    });
  }
}

function setHandler(target, name, current, handler) {
  const slot = current.get(target);
  const valid = typeof handler === "function" || (typeof handler === "object" && handler !== null);
  if (slot && valid) {
    slot.handler = handler;
    return;
  }
  if (slot) target.removeEventListener(name, slot.listener);
  current.delete(target);
  if (!valid) return;
  const fresh = { handler, listener: (event) => callHandler(fresh.handler, target, event) };
  current.set(target, fresh);
  target.addEventListener(name, fresh.listener);
}

function callHandler(handler, target, event) {
  if (typeof handler === "function" && handler.call(target, event) === false) event.preventDefault();
}

// need throws unless a call has count arguments.
export function need(args, count, where) {
  if (args.length >= count) return;
  const wanted = `${count} argument${count === 1 ? "" : "s"}`;
  throw new TypeError(`${where}: ${wanted} required, but${args.length ? " only" : ""} ${args.length} found.`);
}

export function text(value) {
  return `${value}`.toWellFormed();
}

// byteString converts to a string of bytes, as headers are.
export function byteString(value) {
  const string = `${value}`;
  for (let i = 0; i < string.length; i++) {
    const code = string.charCodeAt(i);
    if (code > 255) {
      throw new TypeError(
        `Cannot convert argument to a ByteString because the character at index ${i} ` +
          `has a value of ${code} which is greater than 255.`,
      );
    }
  }
  return string;
}

// bytesOf returns the bytes of an ArrayBuffer or of a view, without copying;
// undefined for anything else.
export function bytesOf(value) {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value);
  return undefined;
}

// coded returns an error that carries a code, as Node's own do.
export function coded(Type, code, message) {
  const error = Object.assign(new Type(message), { code });
  return Object.defineProperty(error, "toString", { value: () => `${error.name} [${code}]: ${error.message}`, writable: true, configurable: true, enumerable: false });
}

// wrongType is Node's ERR_INVALID_ARG_TYPE.
export function wrongType(name, wanted, value) {
  const kind = name.includes(".") ? "property" : "argument";
  return coded(TypeError, "ERR_INVALID_ARG_TYPE", `The "${name}" ${kind} must be ${wanted}.${received(value)}`);
}

function received(value) {
  if (value == null) return ` Received ${value}`;
  if (typeof value === "function") return ` Received function ${value.name}`;
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name ? ` Received an instance of ${name}` : " Received an object";
  }
  const shown = typeof value === "string" ? `'${value.length > 28 ? `${value.slice(0, 25)}...` : value}'` : String(value);
  return ` Received type ${typeof value} (${shown}${typeof value === "bigint" ? "n" : ""})`;
}

export function missing(message) {
  return coded(TypeError, "ERR_MISSING_ARGS", message);
}
