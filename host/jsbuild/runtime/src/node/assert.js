// node:assert, loose and strict.
import { assertClass } from "./assert-class.js";
import { AssertionError } from "./assertion-error.js";
import { isDeepEqual } from "./deep-equal.js";
import { checkFunction, invalidArgument, nodeError } from "./errors.js";
import { inspect } from "./inspect.js";
import { types } from "./types.js";

// fail throws message if it is an error, or else an AssertionError with the given
// fields.
function fail(fields, message) {
  if (message instanceof Error) throw message;
  throw new AssertionError({ ...fields, message });
}

// check makes an assertion of two values from a test.
function check(operator, holds) {
  return named(operator, function assertion(actual, expected, message) {
    if (arguments.length < 2) throw nodeError(TypeError, "ERR_MISSING_ARGS", 'The "actual" and "expected" arguments must be specified');
    if (!holds(actual, expected)) fail({ actual, expected, operator, stackStartFn: assertion }, message);
  });
}

const names = { "==": "equal", "!=": "notEqual" };

// named gives an assertion the name under which it is exported.
function named(operator, assertion) {
  return Object.defineProperty(assertion, "name", { value: names[operator] ?? operator, configurable: true });
}

const loosely = (a, b) => a == b || (a !== a && b !== b);

const equal = check("==", loosely);
const notEqual = check("!=", (a, b) => !loosely(a, b));
const strictEqual = check("strictEqual", Object.is);
const notStrictEqual = check("notStrictEqual", (a, b) => !Object.is(a, b));
const deepEqual = check("deepEqual", (a, b) => isDeepEqual(a, b, false));
const notDeepEqual = check("notDeepEqual", (a, b) => !isDeepEqual(a, b, false));
const deepStrictEqual = check("deepStrictEqual", (a, b) => isDeepEqual(a, b, true));
const notDeepStrictEqual = check("notDeepStrictEqual", (a, b) => !isDeepEqual(a, b, true));
const partialDeepStrictEqual = check("partialDeepStrictEqual", includes);

// includes reports whether all of expected is in actual.
function includes(actual, expected) {
  if (Array.isArray(expected)) return Array.isArray(actual) && expected.every((value) => actual.some((a) => includes(a, value)));
  if (expected === null || typeof expected !== "object" || Object.getPrototypeOf(expected) !== Object.prototype) return isDeepEqual(actual, expected, true);
  return actual !== null && typeof actual === "object" && Object.keys(expected).every((key) => key in actual && includes(actual[key], expected[key]));
}

function ok(...args) {
  truthy(ok, ...args);
}

function truthy(caller, ...args) {
  const [value, message] = args;
  if (value) return;
  const missing = args.length === 0 ? "No value argument passed to `assert.ok()`" : undefined;
  const generated = message === undefined || message === null;
  const shown = generated ? missing ?? "The expression evaluated to a falsy value" : message;
  if (shown instanceof Error) throw shown;
  const error = new AssertionError({ actual: value, expected: true, operator: "==", message: shown, stackStartFn: caller });
  error.generatedMessage = generated;
  throw error;
}

export function assert(...args) {
  truthy(assert, ...args);
}

// Errors that are thrown or not.

function caught(f) {
  checkFunction(f, "fn");
  try {
    f();
  } catch (error) {
    return { error };
  }
}

async function rejection(promised) {
  const promise = typeof promised === "function" ? promised() : promised;
  if (typeof promise?.then !== "function") {
    if (typeof promised === "function") throw nodeError(TypeError, "ERR_INVALID_RETURN_VALUE", `Expected instance of Promise to be returned from the "promiseFn" function but got ${promise === undefined ? "undefined" : `type ${typeof promise}`}.`);
    throw invalidArgument("promiseFn", "of type function or an instance of Promise", promised);
  }
  try {
    await promise;
  } catch (error) {
    return { error };
  }
}

function expectThrown(name, thrown, expected, message) {
  if (typeof expected === "string") [expected, message] = [undefined, expected];
  if (!thrown) {
    const what = name === "rejects" ? "rejection" : "exception";
    const kind = expected?.name ? ` (${expected.name}).` : message ? ": " : ".";
    fail({ actual: undefined, expected, operator: name, stackStartFn: assert[name] }, message instanceof Error ? message : `Missing expected ${what}${kind}${message ? `${expected?.name ? " " : ""}${message}` : ""}`);
  }
  if (expected !== undefined) matchError(name, thrown.error, expected, message);
}

function matchError(name, actual, expected, message) {
  const refuse = (text) => {
    if (message instanceof Error) throw message;
    const error = new AssertionError({ actual, expected, operator: name, message: message ?? text, stackStartFn: assert[name] });
    throw Object.assign(error, { generatedMessage: message === undefined });
  };
  if (types.isRegExp(expected)) {
    if (!expected.test(String(actual))) refuse(`The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(String(actual))}\n`);
  } else if (typeof expected === "function") matchFunction(actual, expected, refuse);
  else matchFields(name, actual, expected, message);
}

function matchFunction(actual, expected, refuse) {
  if (expected.prototype !== undefined && actual instanceof expected) return;
  if (Object.prototype.isPrototypeOf.call(Error, expected)) {
    if (!message(actual)) throw actual;
    refuse(`The error is expected to be an instance of "${expected.name}". Received "${actual?.constructor?.name ?? inspect(actual)}"\n\nError message:\n\n${message(actual)}`);
  }
  if (expected.call({}, actual) !== true) refuse(`The ${expected.name ? `"${expected.name}" ` : ""}validation function is expected to return "true". Received ${inspect(expected.call({}, actual))}${actual instanceof Error ? `\n\nCaught error:\n\n${actual}` : ""}`);
}

function message(error) {
  return error instanceof Error ? error.message : "";
}

// matchFields compares what expected has with the same of actual.
function matchFields(name, actual, expected, message) {
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push("name", "message");
  if (keys.length === 0) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'error' may not be an empty object. Received {}`);
  const pick = (value) => Object.fromEntries(keys.filter((key) => value !== null && typeof value === "object" && key in value).map((key) => [key, value[key]]));
  const fits = (key) => actual !== null && typeof actual === "object" && key in actual && ((typeof actual[key] === "string" && types.isRegExp(expected[key]) && expected[key].test(actual[key])) || isDeepEqual(actual[key], expected[key], true));
  if (keys.every(fits)) return;
  if (message instanceof Error) throw message;
  const error = new AssertionError({ actual: pick(actual), expected: pick(expected), operator: "deepStrictEqual", message, stackStartFn: assert[name] });
  throw Object.assign(error, { actual, expected, operator: name });
}

function refuseThrown(name, thrown, expected, message) {
  if (!thrown) return;
  if (typeof expected === "string") [expected, message] = [undefined, expected];
  if (expected && !(typeof expected === "function" && thrown.error instanceof expected) && !(types.isRegExp(expected) && expected.test(String(thrown.error)))) throw thrown.error;
  const what = name === "doesNotReject" ? "rejection" : "exception";
  fail({ actual: thrown.error, expected, operator: name, stackStartFn: assert[name] }, `Got unwanted ${what}${message ? `: ${message}` : "."}\nActual message: "${thrown.error?.message}"`);
}

function matching(operator, wanted) {
  return named(operator, function assertion(text, expression, message) {
    if (!types.isRegExp(expression)) throw invalidArgument("regexp", "an instance of RegExp", expression);
    if (typeof text === "string" && expression.test(text) === wanted) return;
    const generated = typeof text !== "string"
      ? `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})`
      : `The input ${wanted ? "did not match the regular expression" : "was expected to not match the regular expression"} ${inspect(expression)}. Input:\n\n${inspect(text)}\n`;
    const error = message instanceof Error ? message : new AssertionError({ actual: text, expected: expression, operator, message: message ?? generated, stackStartFn: assertion });
    if (!(message instanceof Error)) error.generatedMessage = message === undefined;
    throw error;
  });
}

Object.assign(assert, {
  AssertionError,
  ok,
  fail(text = "Failed", ...rest) {
    if (text instanceof Error) throw text;
    const [actual, expected] = rest.length > 0 ? [text, rest[0]] : [undefined, undefined];
    const error = new AssertionError({ actual, expected, operator: rest.length > 0 ? rest[2] ?? "!=" : "fail", message: rest.length > 0 ? rest[1] : text, stackStartFn: assert.fail });
    error.generatedMessage = arguments.length === 0;
    throw error;
  },
  equal, notEqual, strictEqual, notStrictEqual, deepEqual, notDeepEqual, deepStrictEqual, notDeepStrictEqual, partialDeepStrictEqual,
  throws: (f, expected, message) => expectThrown("throws", caught(f), expected, message),
  rejects: async (promise, expected, message) => expectThrown("rejects", await rejection(promise), expected, message),
  doesNotThrow: (f, expected, message) => refuseThrown("doesNotThrow", caught(f), expected, message),
  doesNotReject: async (promise, expected, message) => refuseThrown("doesNotReject", await rejection(promise), expected, message),
  match: matching("match", true),
  doesNotMatch: matching("doesNotMatch", false),
  ifError(value) {
    if (value === null || value === undefined) return;
    const shown = value instanceof Error && value.message === "" && value.constructor ? value.constructor.name : value?.message;
    throw new AssertionError({ actual: value, expected: null, operator: "ifError", message: `ifError got unwanted exception: ${typeof shown === "string" ? shown : inspect(value)}`, stackStartFn: assert.ifError });
  },
});

assert.strict = Object.assign(function strict(...args) {
  truthy(strict, ...args);
}, assert, { equal: strictEqual, notEqual: notStrictEqual, deepEqual: deepStrictEqual, notDeepEqual: notDeepStrictEqual });
assert.strict.strict = assert.strict;

assert.Assert = assertClass(assert, assert.strict);
assert.strict.Assert = assert.Assert;
