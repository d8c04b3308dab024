// assert.AssertionError and its messages.
import { diff } from "./deep-diff.js";
import { hidden } from "./errors.js";
import { inspect } from "./inspect.js";

const headings = {
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  strictEqual: "Expected values to be strictly equal:",
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: "Expected values to be loosely deep-equal:",
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: "Values have same structure but are not reference-equal:",
  notDeepEqualUnequal: "Expected values not to be loosely deep-equal:",
};

const signs = { equal: "==", notEqual: "!=" };

export class AssertionError extends Error {
  constructor(options) {
    const { message, operator, actual, expected, stackStartFn } = options;
    const generated = message === undefined || message === null;
    super(generated ? described(operator, actual, expected) : extended(operator, actual, expected, String(message)));
    this.generatedMessage = generated;
    this.code = "ERR_ASSERTION";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    if (stackStartFn) Error.captureStackTrace(this, stackStartFn);
    hidden(this, "stack", String(this.stack).replace(/^(AssertionError|Error)(?=[:\n]|$)/, "AssertionError [ERR_ASSERTION]"));
    hidden(this, "name", "AssertionError");
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  [inspect.custom](_, options) {
    return inspect(this, { ...options, customInspect: false, depth: 0 });
  }
}

function shown(value) {
  return inspect(value, { compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity, showHidden: false, showProxy: false, sorted: true, getters: true });
}

const isObject = (value) => value !== null && (typeof value === "object" || typeof value === "function");

function described(operator, actual, expected) {
  if (operator === "deepStrictEqual" || operator === "strictEqual") return unequal(operator, actual, expected);
  if (operator === "notDeepStrictEqual" || operator === "notStrictEqual") return equal(operator, actual);
  const [a, b] = [cut(shown(actual)), cut(shown(expected))];
  if (operator === "notDeepEqual" && a === b) return `${headings.notDeepEqual}\n\n${a}`.slice(0, 1024);
  if (operator === "deepEqual") return `${headings.deepEqual}\n\n${a}\n\nshould loosely deep-equal\n\n${b}`;
  if (operator === "notDeepEqual") return `${headings.notDeepEqualUnequal}\n\n${a}\n\nshould not loosely deep-equal\n\n${b}`;
  return `${a} ${signs[operator] ?? operator} ${b}`;
}

function cut(text) {
  return text.length > 512 ? `${text.slice(0, 509)}...` : text;
}

function equal(operator, actual) {
  const heading = operator === "notStrictEqual" && isObject(actual) ? headings.notStrictEqualObject : headings[operator];
  const lines = shown(actual).split("\n");
  if (lines.length > 50) lines.splice(47, lines.length, "...");
  return lines.length === 1 ? `${heading}${lines[0].length > 5 ? "\n\n" : " "}${lines[0]}` : `${heading}\n\n${lines.join("\n")}\n`;
}

// extended returns a caller's message: for some assertions the values follow.
function extended(operator, actual, expected, message) {
  return operator === "deepStrictEqual" || operator === "strictEqual" ? unequal(operator, actual, expected, message) : message;
}

function unequal(operator, actual, expected, message) {
  const [a, b] = [shown(actual), shown(expected)];
  const [as, bs] = [a.split("\n"), b.split("\n")];
  const objects = isObject(actual) && isObject(expected);
  if (a === b && objects) return `${message ?? headings.notIdentical}\n\n${as.length > 50 ? [...as.slice(0, 50), "..."].join("\n") : a}\n`;
  const heading = message ?? headings[operator === "strictEqual" && objects ? "strictEqualObject" : operator];
  if (as.length > 1 || bs.length > 1 || objects) return `${heading}\n+ actual - expected${marked(diff(as, bs))}`;
  const quotes = [actual, expected].filter((value) => typeof value === "string").length * 2;
  if (a.length + b.length - quotes <= shortest) return `${heading}\n\n${a} !== ${b}\n`;
  return `${heading}\n+ actual - expected\n\n+ ${a}\n- ${b}${pointer(a, b, quotes)}`;
}

const shortest = 12; // characters of two values that fit on one line
const widest = 80;

// pointer shows where two strings begin to differ.
function pointer(a, b, quotes) {
  const at = [...a].findIndex((c, i) => c !== b[i]);
  return quotes === 4 && a.length + b.length <= widest && at >= 3 ? `\n${" ".repeat(at + 2)}^` : "";
}

// marked writes the lines with their marks, and dots in place of the middle of
// long runs that are equal.
function marked(lines) {
  const out = [];
  let skipped = false;
  for (let i = 0; i < lines.length; ) {
    const end = lines.findIndex(([mark], j) => j > i && mark !== lines[i][0]);
    const run = lines.slice(i, end < 0 ? undefined : end).map(([mark, text]) => `${mark} ${text}`);
    const [first, last] = end < 0 ? [1, 3] : [2, 2];
    const long = lines[i][0] === " " && run.length > (end < 0 ? 4 : 5);
    out.push(...(long ? [...run.slice(0, first), "...", ...run.slice(-last)] : run));
    skipped ||= long;
    i += run.length;
  }
  return `${skipped ? " ... Lines skipped" : ""}\n\n${out.join("\n")}`;
}
