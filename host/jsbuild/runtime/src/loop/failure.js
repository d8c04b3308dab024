// Makes the error that people read from a value that was thrown.
import { deepened } from "./stack.js";
import { stringify } from "./json.js";

const maxMessage = 8 << 10; // characters
const maxStack = 32 << 10;

let inspect = (value) => stringify(value) ?? String(value);

// useInspect makes values that are no errors be shown as f shows them.
export function useInspect(f) {
  inspect = f;
}

// describe returns {name, message, code, stack} of whatever was thrown; code
// and stack are missing when it has none.
export function describe(thrown) {
  try {
    return isError(thrown) ? ofError(thrown) : ofValue(thrown);
  } catch {
    return { name: "Error", message: "the action threw a value that can't be shown" };
  }
}

// isError takes what other realms and old packages throw for an error, too.
export function isError(value) {
  return value instanceof Error || (typeof value === "object" && value !== null && typeof value.message === "string" && typeof value.stack === "string");
}

function ofError(error) {
  return without({
    name: text(error.name) || "Error",
    message: cut(text(error.message), maxMessage),
    code: codeOf(error),
    stack: cut(deepened(error), maxStack),
  });
}

function ofValue(value) {
  if (typeof value === "object" && value !== null && typeof value.message === "string") {
    return without({ name: text(value.name) || undefined, message: cut(value.message, maxMessage), code: codeOf(value) });
  }
  return { message: cut(typeof value === "string" ? value : `${inspect(value)} was thrown, which is not an Error`, maxMessage) };
}

// codeOf returns the error's code, or else that of what caused it, which is
// where fetch has it.
function codeOf(error) {
  const { code } = error;
  if (typeof code === "string" || typeof code === "number") return cut(String(code), 256);
  return error.cause instanceof Error && error.cause !== error && typeof error.cause.code === "string" ? cut(error.cause.code, 256) : undefined;
}

const final = "NonRetryable";
const maxCauses = 8; // that are looked at, in an error's chain of them

// isFinal reports whether an error, or one in the chain of its causes, has the name that
// says that no further attempt would help: its own, or that of its class.
export function isFinal(thrown) {
  try {
    for (let error = thrown, n = 0; isObject(error) && n <= maxCauses; error = error.cause, n++) {
      if (error.name === final || (isError(error) && error.constructor?.name === final)) return true;
    }
  } catch {
    // an accessor of its own: then it does not say so
  }
  return false;
}

function isObject(value) {
  return typeof value === "object" && value !== null;
}

function text(value) {
  return typeof value === "string" ? value : value === undefined ? "" : String(value);
}

function cut(value, length) {
  return value.length > length ? value.slice(0, length) + "…" : value;
}

function without(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
