// assert.Assert: the assertions, strict unless asked otherwise, as an object of one's own.
import { checkObject, nodeError } from "./errors.js";

// assertClass makes the class of the functions of assert and of assert.strict.
export function assertClass(loose, strict) {
  class Assert {
    constructor(options) {
      if (options !== undefined) checkObject(options, "options");
      if (![undefined, "simple", "full"].includes(options?.diff)) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.diff' must be one of: 'simple', 'full'. Received '${options.diff}'`);
      Object.defineProperty(this, "AssertionError", { value: loose.AssertionError, writable: true, configurable: true, enumerable: true });
      if (options?.strict !== false) for (const name of ["equal", "deepEqual", "notEqual", "notDeepEqual"]) this[name] = strict[name];
    }
  }
  for (const name of names) Object.defineProperty(Assert.prototype, name, { value: loose[name], writable: true, configurable: true, enumerable: true });
  return Assert;
}

const names = ["fail", "ok", "equal", "notEqual", "deepEqual", "notDeepEqual", "deepStrictEqual", "notDeepStrictEqual", "strictEqual", "notStrictEqual", "partialDeepStrictEqual", "throws", "rejects", "doesNotThrow", "doesNotReject", "ifError", "match", "doesNotMatch"];
