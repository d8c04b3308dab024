// The engine's error messages in the words of V8, which people know and search for.
// A message stays as it is where V8's has more than the engine knows.
import { described, Failure, summary } from "./engine-failure.js";

const { getPrototypeOf, getOwnPropertyDescriptor, defineProperty } = Object;

const methods = (object, names) => names.split(" ").map((name) => object[name]);
const ofCallbacks = [Array.from, Map.prototype.forEach, Set.prototype.forEach, ...methods(Array.prototype, "every filter find findIndex findLast findLastIndex flatMap forEach map reduce reduceRight some")];
const ofIterables = [Map, Set, WeakMap, WeakSet, Object.fromEntries, ...methods(Promise, "all allSettled any race")];
const sorts = methods(Array.prototype, "sort toSorted");
const digits = { toFixed: "toFixed() digits argument must be between 0 and 100", toPrecision: "toPrecision() argument must be between 1 and 100", toExponential: "toExponential() argument must be between 0 and 100" };

// Each is given the failure, which may be {}, and the engine's message.

function notFunction(f, message) {
  if (f.what === "call") return `${f.name} is not a function`;
  if (f.what === "new" && typeof f.value !== "function") return `${f.name} is not a constructor`;
  if (f.what === "new") f = new Failure(["native", , f.value, f.other]);
  if (f.by?.(Promise)) return `Promise resolver ${summary(f.other)} is not a function`;
  if (f.by?.(...sorts)) return `The comparison function must be either a function or undefined: ${summary(f.other)}`;
  return f.by?.(...ofCallbacks) ? `${described(f.other)} is not a function` : message;
}

function notIterable(f, message) {
  if (f.what === "of") return `${f.name} is not iterable`;
  if (f.what === "spread") return f.value === undefined || f.value === null ? `${f.name} is not iterable (cannot read property undefined)` : "Spread syntax requires ...iterable[Symbol.iterator] to be a function";
  if (!f.by?.(...ofIterables)) return message;
  return f.other === undefined ? "undefined is not iterable" : `${described(f.other)} is not iterable (cannot read property Symbol(Symbol.iterator))`;
}

function notObject(f, message) {
  if (f.what === "put" && f.value !== undefined && f.other !== undefined) return `Cannot create property '${String(f.other)}' on ${typeof f.value} '${String(f.value)}'`;
  if (f.by?.(Proxy) || (f.what === "new" && f.value === Proxy)) return "Cannot create proxy with a non-object as target or handler";
  if (f.by?.(Object.setPrototypeOf)) return `Object prototype may only be an Object or null: ${summary(f.third)}`;
  if (f.by?.(Object.defineProperty, Object.defineProperties)) return `Object.${f.site} called on non-object`;
  return f.by?.(...Object.values(Object.getOwnPropertyDescriptors(Reflect)).map((d) => d.value)) ? `Reflect.${f.site} called on non-object` : message;
}

function notExtensible(f, message) {
  if (f.what === "put" && f.other !== undefined) return `Cannot add property ${String(f.other)}, object is not extensible`;
  return f.by?.(Object.defineProperty) ? `Cannot define property ${String(f.third)}, object is not extensible` : message;
}

function destructured(f, message) {
  if (f.what !== "object" || (f.value !== undefined && f.value !== null)) return message;
  return `Cannot destructure ${f.other === undefined ? "" : `property '${f.other}' of `}'${f.name}' as it is ${f.value}.`;
}

const plainConstructors = { Promise: "Promise constructor cannot be invoked without 'new'" };
const when = (condition, words) => (f, message) => (condition(f) ? words(f, message) : message);
const is = (what) => (f) => f.what === what;
const isNative = is("native");
const readOnly = when((f) => f.what === "put" && f.value !== undefined, (f, message) => `Cannot assign to read only property '${/^'([^]*)'/.exec(message)[1]}' of ${typeof f.value} '${summary(f.value)}'`);

// What V8 says of an expression that can't be parsed.
const expressions = [
  [/^expecting '\)'$/, "Unterminated group"],
  [/^nothing to repeat$/, "Nothing to repeat"],
  [/^invalid group name$/, "Invalid capture group name"],
  [/^duplicate group name$/, "Duplicate capture group name"],
  [/^invalid class range$/, "Range out of order in character class"],
  [/^invalid escape sequence in regular expression$/, "Invalid escape"],
  [/^unexpected end$/, (source) => (/(?:^|[^\\])(?:\\\\)*\\$/.test(source) ? "\\ at end of pattern" : "Unterminated character class")],
  [/^invalid repeat(?:ition)? count$/, "numbers out of order in {} quantifier"],
  [/^extraneous characters at the end$/, "Unmatched ')'"],
];

function expression(f, message) {
  if (f.value !== RegExp) return message;
  const [source, flags] = f.what === "new" ? [f.other] : [f.other, f.third];
  if (message === "invalid regular expression flags") return `Invalid flags supplied to RegExp constructor '${flags ?? ""}'`;
  const words = expressions.find(([engine]) => engine.test(message))?.[1];
  return words ? `Invalid regular expression: /${source}/${flags ?? ""}: ${typeof words === "string" ? words : words(String(source))}` : message;
}

const wordings = new Map([
  [TypeError.prototype, [
    [/^not a function$/, notFunction],
    [/^(?:.* is )?not a constructor$/, when(is("new"), (f) => `${f.name} is not a constructor`)],
    [/^value is not iterable$/, notIterable],
    [/^cannot read property 'Symbol\.iterator' of (undefined|null)$/, (f, message) => notIterable(f, message.replace(/^.* of (.*)$/, "$1 is not iterable (cannot read property Symbol(Symbol.iterator))"))],
    [/^Cannot convert undefined or null to object$/, destructured],
    [/^invalid 'in' operand$/, when(is("in"), (f) => `Cannot use 'in' operator to search for '${String(f.value)}' in ${String(f.other)}`)],
    [/^invalid 'instanceof' right operand$/, when(is("instanceof"), (f) => `Right-hand side of 'instanceof' is not ${typeof f.other === "object" && f.other ? "callable" : "an object"}`)],
    [/^operand 'prototype' property is not an object$/, when(is("instanceof"), (f) => `Function has non-object prototype '${summary(f.other.prototype)}' in instanceof check`)],
    [/^cannot read property '([^]*)' of (undefined|null)$/, "Cannot read properties of $2 (reading '$1')"],
    [/^cannot set property '([^]*)' of (undefined|null)$/, "Cannot set properties of $2 (setting '$1')"],
    [/^'([^]*)' is read-only$/, readOnly],
    [/^no setter for property$/, when((f) => f.what === "put" && f.value !== undefined, (f) => `Cannot set property ${String(f.other)} of ${summary(f.value)} which has only a getter`)],
    [/^could not delete property$/, when(is("delete"), (f) => `Cannot delete property '${String(f.other)}' of ${summary(f.value)}`)],
    [/^object is not extensible$/, notExtensible],
    [/^property is not configurable$/, when(isNative, (f, message) => (f.by(Object.defineProperty) ? `Cannot redefine property: ${String(f.third)}` : message))],
    [/^not an object$/, notObject],
    [/^parent class must be constructor$/, when(is("class"), (f) => `Class extends value ${f.name} is not a constructor or null`)],
    [/^class constructors must be invoked with 'new'$/, when(isNative, (f) => `Class constructor ${f.site} cannot be invoked without 'new'`)],
    [/^must be called with new$/, when(isNative, (f) => plainConstructors[f.site] ?? `Constructor ${f.site} requires 'new'`)],
    [/^regexp must have the 'g' flag$/, when(isNative, (f) => `String.prototype.${f.site} called with a non-global RegExp argument`)],
    [/^empty array$/, when(isNative, () => "Reduce of empty array with no initial value")],
    [/^cannot convert symbol to string$/, "Cannot convert a Symbol value to a string"],
    [/^cannot convert symbol to number$/, "Cannot convert a Symbol value to a number"],
    [/^bigint argument with unary \+$/, "Cannot convert a BigInt value to a number"],
    [/^cannot convert BigInt to number$/, (f) => (f.what === "other" ? "Cannot mix BigInt and other types, use explicit conversions" : "Cannot convert a BigInt value to a number")],
    [/^cannot convert to BigInt$/, when(isNative, (f) => `Cannot convert ${summary(f.other)} to a BigInt`)],
    [/^invalid value used as WeakMap key$/, "Invalid value used as weak map key"],
    [/^invalid value used as WeakSet key$/, "Invalid value used in weak set"],
    [/^BigInt are forbidden in JSON\.stringify$/, "Do not know how to serialize a BigInt"],
    [/^circular reference$/, "Converting circular structure to JSON"],
  ]],
  [ReferenceError.prototype, [
    [/^this is not initialized$/, "Must call super constructor in derived class before accessing 'this' or returning from derived constructor"],
    [/^(.+) is not initialized$/, "Cannot access '$1' before initialization"],
  ]],
  [RangeError.prototype, [
    [/^invalid array length$/, "Invalid array length"],
    [/^invalid string length$/, "Invalid string length"],
    [/^Date value is NaN$/, "Invalid time value"],
    [/^BigInt division by zero$/, "Division by zero"],
    [/^invalid repeat count$/, when(isNative, (f) => `Invalid count value: ${String(f.other)}`)],
    [/^invalid number of digits$/, when(isNative, (f, message) => digits[f.site] ?? message)],
    [/^cannot convert to BigInt: not an integer$/, when(isNative, (f) => `The number ${f.other} cannot be converted to a BigInt because it is not an integer`)],
    [/^invalid code point$/, when(isNative, (f) => `Invalid code point ${String(f.other)}`)],
    [/^bad normalization form$/, "The normalization form should be one of NFC, NFD, NFKC, NFKD."],
  ]],
  [SyntaxError.prototype, [
    [/^invalid BigInt literal$/, when(isNative, (f) => `Cannot convert ${f.other} to a BigInt`)],
    [/./, expression],
  ]],
  [URIError.prototype, [[/^(expecting hex digit|malformed UTF-8|expecting surrogate pair)$/, "URI malformed"]]],
]);

// rewordAggregate gives what Promise.any rejects with its message when it is thrown. One
// that a program makes has the frame of its constructor.
function rewordAggregate(error) {
  if (Object.hasOwn(error, "message") || Failure.of(3)?.by(AggregateError)) return;
  defineProperty(error, "message", { value: "All promises were rejected", writable: true, configurable: true, enumerable: false });
}

// reword gives an error that has just been made V8's words when it has the engine's. A
// program's own error has the frame of its constructor.
export function reword(error) {
  const found = wordings.get(getPrototypeOf(error));
  const message = found && getOwnPropertyDescriptor(error, "message")?.value;
  if (getPrototypeOf(error) === AggregateError.prototype && message === undefined) rewordAggregate(error);
  if (typeof message !== "string") return;
  const words = found.find(([engine]) => engine.test(message));
  if (!words) return;
  const failure = Failure.of(2) ?? {};
  if (failure.what === "native" && (failure.value === Error || Error.isPrototypeOf(failure.value))) return;
  const [engine, wording] = words;
  const value = typeof wording === "string" ? message.replace(engine, wording) : wording(failure, message);
  if (value !== message) defineProperty(error, "message", { value });
}
