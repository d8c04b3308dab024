// Errors as Node makes them: with a code, which also stands in the stack.

// received describes value as Node's messages do: "Received …".
export function received(value) {
  if (value === null || value === undefined) return ` Received ${value}`;
  if (typeof value === "function") return ` Received function ${value.name}`;
  if (typeof value === "object") return ` Received ${value.constructor?.name ? `an instance of ${value.constructor.name}` : "[Object: null prototype] {}"}`;
  return ` Received type ${typeof value} (${shown(value)})`;
}

function shown(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "string") return String(value);
  const cut = value.length > 28 ? `${value.slice(0, 25)}...` : value;
  return cut.includes("'") ? JSON.stringify(cut) : `'${cut}'`;
}

// nodeError returns an error of the given class with code, and properties
// that are its own.
export function nodeError(Class, code, message, properties = {}) {
  const error = Object.assign(new Class(message), properties);
  const stack = String(error.stack).replace(error.name, () => `${error.name} [${code}]`);
  hidden(error, "stack", stack);
  hidden(error, "toString", () => `${error.name} [${code}]: ${error.message}`);
  error.code = code;
  return error;
}

// hidden sets a property that no enumeration shows.
export function hidden(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
}

// invalidArgument is the error of an argument of the wrong kind; must is "of type
// string", "one of type string or Buffer" and the like.
export function invalidArgument(name, must, value) {
  const kind = name.includes(".") ? "property" : "argument";
  const subject = name.endsWith(" argument") ? `The ${name}` : `The "${name}" ${kind}`;
  return nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `${subject} must be ${must}.${received(value)}`);
}

export function outOfRange(name, range, value) {
  return nodeError(RangeError, "ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be ${range}. Received ${grouped(value)}`);
}

// grouped writes large whole numbers with underscores, as Node's range errors do.
function grouped(value) {
  const large = typeof value === "bigint" ? value > 2n ** 32n || value < -(2n ** 32n) : Number.isInteger(value) && Math.abs(value) > 2 ** 32;
  const digits = large ? String(value).replace(/\B(?=(\d{3})+$)/g, "_") : String(value);
  return typeof value === "bigint" ? `${digits}n` : digits;
}

export function checkFunction(value, name) {
  if (typeof value !== "function") throw invalidArgument(name, "of type function", value);
}

export function checkNumber(value, name) {
  if (typeof value !== "number") throw invalidArgument(name, "of type number", value);
}

export function checkString(value, name) {
  if (typeof value !== "string") throw invalidArgument(name, "of type string", value);
}

export function checkObject(value, name) {
  if (value === null || typeof value !== "object") throw invalidArgument(name, "of type object", value);
}

export function abortError(cause) {
  const error = new Error("The operation was aborted", cause === undefined ? undefined : { cause });
  error.code = "ABORT_ERR";
  error.name = "AbortError";
  return error;
}
