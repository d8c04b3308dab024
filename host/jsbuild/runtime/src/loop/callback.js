// The mistake of passing something else than a function, in Node's words.

// checkCallback throws Node's TypeError unless callback is a function.
export function checkCallback(callback) {
  if (typeof callback !== "function") throw invalidArgument("callback", "of type function", callback);
}

// invalidArgument returns the TypeError that Node throws for an argument that
// is not what it must be.
export function invalidArgument(name, must, value) {
  const error = new TypeError(`The "${name}" argument must be ${must}. Received ${received(value)}`);
  error.code = "ERR_INVALID_ARG_TYPE";
  return Object.defineProperty(error, "toString", { value: () => `TypeError [ERR_INVALID_ARG_TYPE]: ${error.message}`, writable: true, configurable: true, enumerable: false });
}

function received(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") return value.constructor?.name ? `an instance of ${value.constructor.name}` : "[Object: null prototype] {}";
  return `type ${typeof value} (${shown(value)})`;
}

function shown(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "string") return String(value);
  const cut = value.length > 28 ? value.slice(0, 25) + "..." : value;
  return cut.includes("'") ? JSON.stringify(cut) : `'${cut}'`;
}
