// A module that cannot work in a sandbox throws when it is used, not when it is
// required: packages require much that they never call.

export class UnsupportedInSandboxError extends Error {
  constructor(what, instead) {
    super(`${what} is not available in an action: ${instead}`);
    this.code = "ERR_SANDBOX_UNSUPPORTED";
  }
}

Object.defineProperty(UnsupportedInSandboxError.prototype, "name", { value: "UnsupportedInSandboxError", writable: true, configurable: true });

// refused returns a function that throws however it is called, and that a
// class may extend.
export function refused(what, instead) {
  const f = function () {
    throw new UnsupportedInSandboxError(`${what}()`, instead);
  };
  Object.defineProperty(f, "name", { value: what.slice(what.lastIndexOf(".") + 1) });
  return f;
}

// rejecting is [refused] for functions that return a promise.
export function rejecting(what, instead) {
  return async function () {
    throw new UnsupportedInSandboxError(`${what}()`, instead);
  };
}

// refusedModule stands for a module none of which works but real. Whatever
// else is asked of it is a function that refuses; names are those that a
// program sees when it lists them.
export function refusedModule({ name, instead, names = "", real = {}, refuse = refused }) {
  const listed = names.split(" ").filter(Boolean);
  const made = Object.assign({}, real);
  const member = (key) => (typeof key !== "string" || key in made || invisible.has(key) ? made[key] : (made[key] = refuse(`${name}.${key}`, instead)));
  return new Proxy(made, {
    get: (_, key) => member(key),
    has: (_, key) => key in made || listed.includes(key),
    ownKeys: () => [...new Set([...Reflect.ownKeys(made), ...listed])],
    getOwnPropertyDescriptor: (_, key) => (key in made || listed.includes(key) ? { value: member(key), writable: true, enumerable: true, configurable: true } : undefined),
  });
}

// The members that code looks up on every object: promises, module
// loaders, formatters.
const invisible = new Set(["then", "default", "__esModule", "toJSON", "inspect", "constructor", "prototype", "valueOf", "toString", "hasOwnProperty", "__proto__"]);
