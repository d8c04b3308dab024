import { expose } from "./idl.js";

// Piped is a stream pair that hides the TransformStream within.
export class Piped {
  #pipe;
  constructor(pipe) {
    this.#pipe = pipe;
  }
  get readable() {
    return this.#pipe.readable;
  }
  get writable() {
    return this.#pipe.writable;
  }
}

// pair makes a subclass one of the web's classes.
export function pair(Class, name) {
  for (const key of ["readable", "writable"]) {
    Object.defineProperty(Class.prototype, key, Object.getOwnPropertyDescriptor(Piped.prototype, key));
  }
  expose(Class, name);
}
