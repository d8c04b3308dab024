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
  notIdentical: "Values identical but not reference-equal:",
  notDeepEqualUnequal: "Expected values not to be loosely deep-equal:",
};

const signs = { equal: "==", notEqual: "!=" };

export class AssertionError extends Error {
  constructor(options) {
    const { message, operator, actual, expected, stackStartFn } = options;
    super(message !== undefined && message !== null ? String(message) : said(operator, actual, expected));
    this.generatedMessage = message === undefined || message === null;
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

function said(operator, actual, expected) {
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

function unequal(operator, actual, expected) {
  const [a, b] = [shown(actual), shown(expected)];
  const [as, bs] = [a.split("\n"), b.split("\n")];
  const objects = isObject(actual) && isObject(expected);
  const kind = operator === "strictEqual" && objects ? "strictEqualObject" : operator;
  if (as.length === 1 && bs.length === 1 && as[0] !== bs[0] && !objects && a.length + b.length <= 12 && (actual !== 0 || expected !== 0)) return `${headings[kind]}\n\n${a} !== ${b}\n`;
  if (a === b) return `${headings.notIdentical}\n\n${as.length > 50 ? [...as.slice(0, 50), "..."].join("\n") : a}\n`;
  return `${headings[kind]}\n+ actual - expected\n\n${marked(diff(as, bs))}\n`;
}

const around = 2; // lines shown before and after a difference

// marked writes the lines with their marks, and dots for runs of equal ones.
function marked(lines) {
  const near = lines.map((_, i) => lines.slice(Math.max(i - around, 0), i + around + 1).some(([mark]) => mark !== " "));
  const out = [];
  let skipping = false;
  for (const [i, [mark, text]] of lines.entries()) {
    if (near[i] || lines.length <= 2 * around + 3) out.push(mark === " " ? `  ${text}` : `${mark} ${text}`);
    else if (!skipping) out.push("...");
    skipping = !near[i];
  }
  return out.join("\n");
}
