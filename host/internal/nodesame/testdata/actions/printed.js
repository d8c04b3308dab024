// What people print: values of every kind.
const util = require("node:util");
const values = () => {
  const rejected = Promise.reject(new TypeError("no")); rejected.catch(() => {});
  const { proxy, revoke } = Proxy.revocable({}, {}); revoke();
  class Own extends Promise {} ; class Foo { #p = 1; static s = 2; get g() { return 1; } constructor() { this.x = 1; } }
  class Bar extends Foo {} ; class M2 extends Map {}
  function Old() { this.y = 1; }
  const circular = { name: "c" }; circular.self = circular; circular.list = [circular];
  return {
    resolved: Promise.resolve(5), nested: Promise.resolve(Promise.resolve("x")), pending: new Promise(() => {}), rejected: rejected, own: Own.resolve({ a: 1 }), async: (async () => "v")(),
    proxy: new Proxy({ a: 1 }, {}), proxied: new Proxy([1, 2], {}), proxyFunction: new Proxy(function f() {}, {}), revoked: proxy, proxyClass: new Proxy(class Z {}, {}), nestedProxy: new Proxy(new Proxy({ b: 2 }, {}), {}),
    weakRef: new WeakRef({ a: 1 }), weakMap: new WeakMap(), weakSet: new WeakSet(), registry: new FinalizationRegistry(() => {}), 
    atomics: Atomics, math: Math, reflect: Reflect, json: JSON, intl: Intl, 
    shared: new SharedArrayBuffer(4), buffer: new ArrayBuffer(4), resizable: new ArrayBuffer(2, { maxByteLength: 4 }), view: new DataView(new ArrayBuffer(2)), ints: new Int16Array(3), floats: new Float64Array([1.5, -0, NaN]), bigs: new BigInt64Array(1), clamped: new Uint8ClampedArray(2), empty: new Uint8Array(),
    nodeBuffer: Buffer.from("hello"), longBuffer: Buffer.alloc(60), 
    map: new Map([[{ a: 1 }, new Set([1])]]), set: new Set(), ownMap: new M2([[1, 2]]), 
    arrayIterator: [1].values(), stringIterator: "a"[Symbol.iterator](), regexpIterator: "a".matchAll(/a/g), generator: (function* g() {})(), asyncGenerator: (async function* () {})(),
    symbol: Symbol("s"), symbolFor: Symbol.for("f"), wellKnown: Symbol.iterator, boxedSymbol: Object(Symbol("b")), boxedString: new String("abc"), boxedNumber: new Number(-0), boxedBoolean: new Boolean(false), boxedBig: Object(5n),
    date: new Date(0), invalidDate: new Date(NaN), regexp: /a+/giu, ownRegexp: Object.assign(/x/, { extra: 1 }), 
    error: String(util.inspect(new Error("e"), { depth: 0 })).split("\n")[0], noStack: Object.assign(new Error("n"), { stack: undefined }), 
    function: function named() {}, asyncArrow: async () => {}, generatorFunction: function* gen() {}, asyncGeneratorFunction: async function* ag() {}, method: { m() {} }.m, withProps: Object.assign(function fp() {}, { a: 1 }), bound: function b() {}.bind(null), getter: Object.getOwnPropertyDescriptor(Foo.prototype, "g").get,
    class: Foo, subclass: Bar, instance: new Foo(), subInstance: new Bar(), old: new Old(), oldClass: Old, nullProto: Object.create(null), nullProtoProps: Object.assign(Object.create(null), { a: 1 }), derivedFromObject: Object.create({ inherited: 1 }), noConstructor: Object.create(Object.create(null)), tagged: { [Symbol.toStringTag]: "Tag", a: 1 }, taggedClass: new (class T { get [Symbol.toStringTag]() { return "Other"; } })(),
    circular, sparse: [1, , 3, , ,], holes: new Array(3), arrayProps: Object.assign([1], { x: 2, "a-b": 3 }), longArray: Array.from({ length: 101 }, (_, i) => i), wide: Array.from({ length: 27 }, (_, i) => "item" + i), nestedDeep: { a: { b: { c: { d: 1 } } } }, arguments: (function () { return arguments; })(1, 2), 
    accessors: { get a() { return 1; }, set a(v) {}, get b() { return 1; }, set c(v) {} }, symbolKey: { [Symbol("k")]: 1 }, hidden: Object.defineProperty({}, "h", { value: 1 }), quoted: { "a-b": 1, 1: 2, "ü": 3, "": 4 }, 
    string: "it's", both: `"it's"`, all: "`\"'", multiline: "a\nb", long: "x".repeat(200), unicode: "\u{1f600}\u0000\u001b\ud800", number: -0, big: 123456789012345678901234567890n, undefined: undefined, null: null, nan: NaN, infinity: -Infinity, small: 1e-7, large: 1e21,
    url: new URL("https://u:p@h:8/p?q#f"), params: new URLSearchParams("a=1&b=2"), headers: new Headers({ a: "1" }), abort: new AbortController(), aborted: AbortSignal.abort("r"), target: new EventTarget(), blob: new Blob(["ab"], { type: "t/p" }), file: util.inspect(new File(["x"], "n.txt", { lastModified: 0 })), form: new FormData(), decoder: util.inspect(new TextDecoder()).split("\n").length > 0, domException: util.inspect(new DOMException("m", "AbortError")).split("\n")[0], formWith: (() => { const f = new FormData(); f.append("a", "1"); return f; })(),
    emitter: Object.keys(new (require("node:events"))()), timers: typeof setTimeout, als: new (require("node:async_hooks").AsyncLocalStorage)().constructor, decoderClass: new (require("node:string_decoder").StringDecoder)("utf8").encoding, processTag: Object.prototype.toString.call(process), globalTag: Object.prototype.toString.call(globalThis), consoleTag: Object.prototype.toString.call(console), moduleTag: Object.prototype.toString.call(require("node:path")),
    number_: util.inspect(123456789.123, { numericSeparator: true }), sorted: util.inspect({ b: 1, a: 2 }, { sorted: true }), showHidden: util.inspect([1], { showHidden: true }), compact: util.inspect({ a: { b: 1 } }, { compact: false }), colors: util.inspect({ a: 1, b: "x", c: null }, { colors: true }), getters: util.inspect({ get a() { return { x: 1 }; } }, { getters: true }), showProxy: util.inspect(new Proxy({ a: 1 }, { get() {} }), { showProxy: true }), maxString: util.inspect("abcdef", { maxStringLength: 3 }), breakLength: util.inspect({ a: 1, b: 2 }, { breakLength: 5 }), depthNull: util.inspect({ a: { b: { c: { d: { e: 1 } } } } }, { depth: null }),
    custom: { [util.inspect.custom](depth, options, inspect) { return `custom ${depth} ${typeof options.stylize} ${typeof inspect}`; } }, toJSON: { toJSON() { return 1; } }, 
  };
};
exports.onExecutePostUserRegistration = async () => {
  for (const [name, value] of Object.entries(values())) {
    let text;
    try { text = util.inspect(value); } catch (error) { text = `throws ${error.message}`; }
    console.log(`${name}: ${text.replace(/\n *at .*/g, "")}`);
  }
  console.log("%s %s %s", Promise.resolve(1), new Proxy({}, {}), Symbol("x"));
  console.log("%d %i %f %j %o %O %c %%", "42", 4.7, "1.5", { a: [1] }, [1], { b: {} }, "css");
  console.log("%s", { toString() { return "own"; } }, new (class B { toString() { return "b"; } })(), [1, [2, [3, [4]]]], -0, 5n, null, undefined);
  console.log("%s|%s", new Error("message").message, new Date(0), { a: { b: { c: 1 } } });
  console.log(new Error("with cause", { cause: new Error("inner") }).cause.message, [new Error("in list")].length);
};
