// CallSite objects as V8 has them: what Error.prepareStackTrace gets. The engine
// knows a frame's function, file and position. It does not know the receiver, so
// what V8 derives from that is as for a function that was called without one.

const { prepareStackTrace: none } = Error;
Error.prepareStackTrace = (_, frames) => Object.getPrototypeOf(frames[0]);
const prototype = new Error().stack;
Error.prepareStackTrace = none;

export function CallSite() {
  throw new TypeError("Illegal constructor");
}

const members = {
  getEnclosingColumnNumber() {
    return this.getColumnNumber();
  },
  getEnclosingLineNumber() {
    return this.getLineNumber();
  },
  getEvalOrigin() {
    return undefined;
  },
  getMethodName() {
    return null;
  },
  getPosition() {
    return 0;
  },
  getPromiseIndex() {
    return null;
  },
  getScriptNameOrSourceURL() {
    return this.getFileName();
  },
  getScriptHash() {
    return "";
  },
  getThis() {
    return undefined;
  },
  getTypeName() {
    return null;
  },
  isAsync() {
    return false;
  },
  isEval() {
    return false;
  },
  isPromiseAll() {
    return false;
  },
  isToplevel() {
    return !this.isConstructor();
  },
  toString() {
    const name = (this.isConstructor() ? "new " : "") + (this.getFunctionName() ?? "");
    const place = this.isNative() || !this.getFileName() ? "<anonymous>" : `${this.getFileName()}:${this.getLineNumber()}:${this.getColumnNumber()}`;
    return name ? `${name} (${place})` : place;
  },
};

Object.defineProperty(CallSite, "prototype", { value: prototype, writable: false });
for (const [name, value] of Object.entries({ constructor: CallSite, ...members })) {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
}
