// The global crypto: its random numbers, and a place for the rest of it, which
// is in a part of its own.
import { nodeError } from "../node/errors.js";
import { define } from "../web/idl.js";
import { getRandomValues, randomUUID } from "./random.js";

const token = Symbol("made by this module");

let subtle;

// useSubtle gives crypto its subtle.
export function useSubtle(given) {
  subtle = given;
}

export class Crypto {
  #made = true;

  constructor(given) {
    if (given !== token) throw nodeError(TypeError, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
  }

  get subtle() {
    return this.#made && subtle;
  }

  // Programs call these detached, too.
  getRandomValues(array) {
    return getRandomValues(array);
  }

  randomUUID() {
    return randomUUID();
  }
}
name(Crypto, "Crypto");

// name gives a class the name that its source has.
export function name(Class, name) {
  Object.defineProperty(Class, "name", { value: name, configurable: true });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

// webcrypto is the global crypto.
export const webcrypto = new Crypto(token);

define(globalThis, "Crypto", Crypto);
Object.defineProperty(globalThis, "crypto", { get: () => webcrypto, set: undefined, enumerable: true, configurable: true });
