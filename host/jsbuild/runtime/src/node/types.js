// util.types: the kind of a value, whatever its prototype is.
import { isProxy } from "./details.js";

const tagOf = Object.prototype.toString;
const arrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;

// branded reports whether probe, a method or getter of a built-in class, accepts value.
const branded = (probe, ...args) => (value) => {
  if (value === null || typeof value !== "object") return false;
  try {
    probe.call(value, ...args);
    return true;
  } catch {
    return false;
  }
};

const array = (name) => (value) => arrayTag.call(value) === name;
const tagged = (tag) => (value) => typeof value === "object" && value !== null && tagOf.call(value) === `[object ${tag}]`;
const kind = (tag) => (value) => typeof value === "function" && tagOf.call(value) === `[object ${tag}]`;

const isArrayBuffer = branded(getter(ArrayBuffer.prototype, "byteLength"));
const isSharedArrayBuffer = globalThis.SharedArrayBuffer ? branded(getter(SharedArrayBuffer.prototype, "byteLength")) : () => false;
const isNumberObject = branded(Number.prototype.valueOf);
const isStringObject = branded(String.prototype.valueOf);
const isBooleanObject = branded(Boolean.prototype.valueOf);
const isBigIntObject = branded(BigInt.prototype.valueOf);
const isSymbolObject = branded(Symbol.prototype.valueOf);

export const types = {
  isArgumentsObject: (value) => tagged("Arguments")(value) && !(Symbol.toStringTag in value),
  isArrayBuffer,
  isSharedArrayBuffer,
  isAnyArrayBuffer: (value) => isArrayBuffer(value) || isSharedArrayBuffer(value),
  isArrayBufferView: ArrayBuffer.isView,
  isAsyncFunction: (value) => kind("AsyncFunction")(value) || kind("AsyncGeneratorFunction")(value),
  isGeneratorFunction: (value) => kind("GeneratorFunction")(value) || kind("AsyncGeneratorFunction")(value),
  isGeneratorObject: (value) => tagged("Generator")(value) || tagged("AsyncGenerator")(value),
  isNumberObject,
  isStringObject,
  isBooleanObject,
  isBigIntObject,
  isSymbolObject,
  isBoxedPrimitive: (value) => [isNumberObject, isStringObject, isBooleanObject, isBigIntObject, isSymbolObject].some((is) => is(value)),
  isDataView: branded(getter(DataView.prototype, "byteLength")),
  isDate: branded(Date.prototype.getTime),
  isExternal: () => false,
  isMap: branded(getter(Map.prototype, "size")),
  isMapIterator: tagged("Map Iterator"),
  isModuleNamespaceObject: tagged("Module"),
  isNativeError: (value) => Error.isError(value),
  isPromise: (value) => value instanceof Promise,
  isProxy,
  isRegExp: branded(getter(RegExp.prototype, "sticky")),
  isSet: branded(getter(Set.prototype, "size")),
  isSetIterator: tagged("Set Iterator"),
  isTypedArray: (value) => arrayTag.call(value) !== undefined,
  isWeakMap: branded(WeakMap.prototype.has, {}),
  isWeakSet: branded(WeakSet.prototype.has, {}),
  isKeyObject: (value) => value?.[Symbol.toStringTag] === "KeyObject",
  isCryptoKey: (value) => value?.[Symbol.toStringTag] === "CryptoKey",
  isEventTarget: (value) => typeof globalThis.EventTarget === "function" && value instanceof EventTarget,
};

const arrays = ["Uint8Array", "Uint8ClampedArray", "Uint16Array", "Uint32Array", "Int8Array", "Int16Array", "Int32Array", "Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"];
for (const name of arrays) types[`is${name}`] = array(name);
