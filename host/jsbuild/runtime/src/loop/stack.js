// The stack of an error in Node's form: a line that names it, where it was
// thrown, and after that what caused it.
import { stringify } from "./json.js";

const maxDepth = 8;

// deepened returns error's stack with the stacks of its causes and, for an
// AggregateError, of the errors that it stands for.
export function deepened(error, depth = 0, seen = new Set()) {
  seen.add(error);
  const inner = depth < maxDepth ? causes(error, depth + 1, seen) : [];
  const own = headed(error);
  return inner.length > 0 ? `${own} {\n${inner.join(",\n")}\n}` : own;
}

function causes(error, depth, seen) {
  const lines = [];
  if (Object.hasOwn(error, "cause") && error.cause !== undefined) lines.push(indented(`[cause]: ${one(error.cause, depth, seen)}`));
  if (Array.isArray(error.errors)) {
    const errors = error.errors.slice(0, 10).map((e) => indented(one(e, depth, seen)));
    lines.push(indented(`[errors]: [\n${errors.join(",\n")}\n]`));
  }
  return lines;
}

function one(value, depth, seen) {
  if (!(value instanceof Error)) return typeof value === "string" ? `'${value}'` : stringify(value) ?? String(value);
  return seen.has(value) ? `[Circular: ${headline(value)}]` : deepened(value, depth, seen);
}

// headed returns the stack under the line that names the error, which the
// engine itself leaves out.
function headed(error) {
  const stack = typeof error.stack === "string" ? error.stack.trimEnd() : "";
  const head = headline(error);
  if (stack === "") return head;
  return /^\s+at /.test(stack) ? `${head}\n${stack}` : stack;
}

function headline(error) {
  const name = error.name === undefined ? "Error" : String(error.name);
  const message = error.message === undefined ? "" : String(error.message);
  return name && message ? `${name}: ${message}` : name || message;
}

function indented(text) {
  return text.replaceAll(/^/gm, "  ");
}
