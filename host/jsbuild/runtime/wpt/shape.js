// Checks in an engine what idl.js read: returns {name: what is wrong} for the
// checks that fail.
export function shape(checks) {
  const faults = {};
  for (const check of checks) {
    const fault = kinds[check.kind](check, globalThis[check.owner]);
    if (fault) faults[check.name] = fault;
  }
  return faults;
}

const kinds = {
  interface({ owner, parent, length }, Class) {
    const global = Object.getOwnPropertyDescriptor(globalThis, owner);
    if (typeof Class !== "function") return "is missing";
    if (global.enumerable || !global.writable || !global.configurable) return "is not a plain global";
    if (Class.name !== owner) return `is called ${Class.name}`;
    if (Class.length !== (length ?? 0)) return `has length ${Class.length}, not ${length ?? 0}`;
    if (Object.getOwnPropertyDescriptor(Class, "prototype").writable) return "has a writable prototype";
    if (Class.prototype[Symbol.toStringTag] !== owner) return `has the tag ${Class.prototype[Symbol.toStringTag]}`;
    if (Class.prototype.constructor !== Class) return "is not its prototype's constructor";
    if (parent && Object.getPrototypeOf(Class.prototype) !== globalThis[parent].prototype) return `does not inherit from ${parent}`;
    return length === null ? refusesNew(Class) : null;
  },
  attribute({ on, key, writable }, Class) {
    const found = Object.getOwnPropertyDescriptor(on === "class" ? Class : Class?.prototype ?? {}, key);
    if (!found) return "is missing";
    if (!found.get) return "has no getter";
    if (!found.enumerable || !found.configurable) return "is not listed or fixed";
    return Boolean(found.set) === writable ? null : writable ? "has no setter" : "has a setter";
  },
  operation({ on, key, length }, Class) {
    const found = Object.getOwnPropertyDescriptor(on === "class" ? Class : Class?.prototype ?? {}, key);
    if (typeof found?.value !== "function") return "is missing";
    if (!found.enumerable || !found.configurable || !found.writable) return "is not listed or fixed";
    if (found.value.name !== key) return `is called ${found.value.name}`;
    return found.value.length === length ? null : `has length ${found.value.length}, not ${length}`;
  },
  constant({ key, value }, Class) {
    return [Class, Class?.prototype].every((holder) => holder?.[key] === value) ? null : "is not what it should be";
  },
};

function refusesNew(Class) {
  try {
    new Class();
    return "can be constructed";
  } catch (error) {
    return error instanceof TypeError ? null : `refuses to be constructed with ${error.name}`;
  }
}
