// util.inspect and util.format write in the engine what they write in Node.
import { test } from "node:test";
import { same } from "./node-same.js";

const prelude = `
  class Plain { constructor() { this.x = 1; } }
  class Tagged { get [Symbol.toStringTag]() { return "tag"; } }
  class Sub extends Map {}
  class Custom { [util.inspect.custom](depth, options) { return "custom " + depth + " " + typeof options.stylize; } }
  class Failure extends Error { constructor(m) { super(m); this.name = "Failure"; this.code = "E_FAIL"; this.details = { a: [1] }; } }
  const circular = { name: "c", list: [] }; circular.self = circular; circular.list.push(circular);
  const deep = { a: { b: { c: { d: { e: 1 } } } } };
  const many = Array.from({ length: 130 }, (_, i) => i);
  const words = "the quick brown fox jumps over the lazy dog again and again".split(" ");
  const inspect = util.inspect, format = util.format;
`;

const values = `
  1
  -0
  [0, -0, NaN, Infinity, -1.5e21]
  10n
  [1n, -2n]
  inspect("it's")
  inspect('say "hi"')
  inspect("it's \\"so\\" \`x\`")
  inspect("line\\nbreak\\ttab\\u0000\\u001b\\u007f\\ud800")
  inspect("é😀 ünï")
  ["a", 'b"', "c'"]
  inspect("x".repeat(200))
  ["x".repeat(100), "y".repeat(100)]
  inspect("multi\\nline\\ntext".repeat(10))
  ({ text: "first line\\nsecond line\\nthird line that is long enough to be broken up over several lines" })
  undefined
  null
  true
  Symbol("s")
  Symbol()
  Symbol.iterator
  [undefined, null, true, Symbol("q")]
  ({ [Symbol("k")]: 1, [Symbol.toStringTag]: "T" })
  ({})
  []
  [[]]
  [[[[[]]]]]
  [[[[1]]]]
  ({ a: {} })
  deep
  inspect(deep, { depth: 0 })
  inspect(deep, { depth: null })
  inspect(deep, false, 1)
  inspect(deep, { compact: false })
  inspect(deep, { compact: 1, depth: 5 })
  inspect({ a: 1, b: "x", c: [1, 2, 3] }, { colors: true })
  inspect([undefined, null, true, 1n, Symbol("x"), /r/g, new Date(0), () => {}], { colors: true })
  [1, , 3]
  [, ,]
  [1, 2, , , , 6]
  Object.assign([1, 2], { extra: true, "-x": 0 })
  many
  inspect(many, { maxArrayLength: 3 })
  inspect(many, { maxArrayLength: null })
  words
  words.map((w) => w.repeat(3))
  [1.5, 22, 333.25, -4]
  Array.from({ length: 30 }, (_, i) => "item" + i)
  Array.from({ length: 7 }, () => ({ a: 1 }))
  new Array(5)
  ({ a: 1, "b-c": 2, 3: 4, "": 5, "é": 6, "with space": 7 })
  ({ f() {}, g: () => {}, h: function () {}, i: async () => {}, l: function named() {} })
  () => {}
  function named() {}
  async function asyncNamed() {}
  function* generator() {}
  async function* asyncGenerator() {}
  Object.assign(function withProps() {}, { a: 1, b: { c: 2 } })
  Plain
  class extends Plain {}
  (class Named extends Plain { static x = 1 })
  class Anonymous {}
  Math.max
  Map
  Object
  new Plain()
  [new Plain(), new Plain()]
  new Tagged()
  new Sub([[1, 2]])
  new Custom()
  ({ nested: { custom: new Custom() } })
  Object.create(null)
  Object.assign(Object.create(null), { a: 1 })
  Object.create({})
  Object.create(Plain.prototype)
  Object.create(Object.create(null))
  Object.setPrototypeOf(new Map([[1, 2]]), null)
  circular
  [circular]
  ({ a: circular, b: circular })
  (() => { const m = new Map(); m.set("self", m); return m; })()
  new Map()
  new Map([["a", 1], [{ k: 1 }, { v: [1, 2] }]])
  new Map(Array.from({ length: 110 }, (_, i) => [i, i]))
  new Set()
  new Set([1, "a", { b: 2 }, [3]])
  new WeakMap()
  new WeakSet()
  Promise.resolve(1).constructor
  new Date(0)
  new Date(NaN)
  Object.assign(new Date(0), { x: 1 })
  /a\\/b/gi
  Object.assign(/x/, { y: 1 })
  new Error("boom")
  inspect(new Error("boom")).split("\\n")[0]
  new Error("")
  new TypeError("bad type")
  new Failure("failed")
  new Error("outer", { cause: new TypeError("inner") })
  new Error("outer", { cause: "text" })
  new Error("outer", { cause: { code: 1 } })
  new AggregateError([new Error("one"), new Error("two")], "several")
  Object.assign(new Error("with props"), { code: "E", status: 404, nested: { a: 1 } })
  ({ error: new Error("in object") })
  [new Error("in array")]
  (() => { const e = new Error("renamed"); e.name = "Other"; return e; })()
  (() => { const e = new Error("changed"); e.message = "later"; return inspect(e).split("\\n")[0]; })()
  (() => { const e = new Error("no stack"); e.stack = undefined; return e; })()
  (() => { const e = new Error("own stack"); e.stack = "Error: own stack\\n    at here"; return inspect(e); })()
  Object.setPrototypeOf(new RangeError("null proto"), null)
  new Uint8Array([1, 2, 3])
  new Float64Array(2)
  new BigInt64Array(1)
  new ArrayBuffer(4)
  new DataView(new ArrayBuffer(2))
  Buffer.from("hello")
  Buffer.alloc(60)
  Object.assign(Buffer.from("x"), { y: 1 })
  [Buffer.from("a")]
  new Number(3)
  new Number(-0)
  new String("abc")
  Object.assign(new String("abc"), { x: 1 })
  new Boolean(false)
  Object(Symbol("boxed"))
  Object(5n)
  (function () { return arguments; })(1, 2)
  (function* () { yield 1; })()
  [1, 2][Symbol.iterator]()
  "abc"[Symbol.iterator]()
  globalThis === global
  ({ get a() { return 1; }, set a(v) {}, get b() { return 2; }, set c(v) {} })
  inspect({ get a() { return { x: 1 }; } }, { getters: true })
  inspect({ b: 2, a: 1 }, { sorted: true })
  inspect("x".repeat(50), { maxStringLength: 10 })
  inspect([1, 2, 3], { showHidden: true })
  inspect(new Map([[1, 2]]), { showHidden: true })
  inspect({ a: 1n, b: 123456789.123 }, { numericSeparator: true })
  inspect({ a: 1, b: 2, c: 3 }, { breakLength: 3 })
  inspect({ long: words.join(" "), other: words.join("-") }, { breakLength: 40 })
  ({ alpha: "aaaaaaaaaaaaaaaaaaaaaaaa", beta: "bbbbbbbbbbbbbbbbbbbbbbbb", gamma: "cccccccccccccccccccccccc" })
  ({ alpha: [1, 2, { x: [1, { y: 2 }] }], beta: new Map([["k", new Set([1])]]) })
  ({ user: { id: "auth0|1", emails: ["a@b.c"], meta: { tags: [{ a: { b: 1 } }] } } })
  JSON
  Math
  Reflect
  new (class extends Array {})(3)
  new (class Foo extends Uint8Array {})(2)
  new (class Bar extends Promise {})(() => {}).constructor
  new URLSearchParams("a=1&b=2").toString()
  new Proxy({ a: 1 }, {})
  new Proxy([1, 2], {})
  ({ toString() { return "own"; } })
  ({ constructor: "fake" })
  ({ constructor: { name: "Fake" } })
  ({ __proto__: { inherited: 1 }, own: 2 })
  [["a", 1], ["b", 2]]
  inspect(new Proxy({}, { get() { throw new Error("trap"); } }))
  ({ *j() {}, async *k() {} })
`;

const formats = `
  format()
  format("")
  format("%s", "a")
  format("%s %s", "a")
  format("%s", "a", "b", { c: 1 })
  format("%s|%s|%s|%s|%s", null, undefined, 1, 1n, Symbol("s"))
  format("%s", { a: 1 })
  format("%s", { a: { b: { c: 1 } } })
  format("%s", [1, [2, [3]]])
  format("%s", new Plain())
  format("%s", { toString() { return "str"; } })
  format("%s", new (class extends Plain { toString() { return "sub"; } })())
  format("%s", new Error("e").message)
  format("%s", () => 1)
  format("%s", -0)
  format("%s", new Date(0))
  format("%s", Object.create(null))
  format("%d|%d|%d|%d|%d", 1, "2", "x", 3n, Symbol("s"))
  format("%d", -0)
  format("%d", {})
  format("%d", "0x10")
  format("%i|%i|%i|%i", 1.9, "2.7px", 3n, {})
  format("%f|%f|%f", "1.5", "x", Symbol("s"))
  format("%j", { a: [1, { b: 2 }] })
  format("%j", circular)
  format("%j %j", undefined, () => {})
  format("%j", { toJSON() { return "json"; } })
  format("%o", { a: 1, f() {} })
  format("%o", [1, 2])
  format("%O", deep)
  format("%O", { a: { b: { c: { d: { e: { f: 1 } } } } } })
  format("%c styled", "color: red")
  format("%% %s %%", 1)
  format("%%s", 1)
  format("100%")
  format("100%", 5)
  format("%x %s", 1, 2)
  format("%", 1)
  format("%s%")
  format("a", "b", 1, null, undefined, true, Symbol("s"), 2n)
  format(1, 2, "three")
  format({ a: 1 }, "text")
  format("text", { a: 1 }, [2])
  format("nested %s", ["a", { b: "c" }])
  format(new Error("first").message, 1)
  format("%s", "multi\\nline")
  format("%s is %d years and %i days, %f, %j", "Bob", 42, 7.5, 1.25, { ok: true })
  util.formatWithOptions({ colors: true }, "%s %O", "a", { b: 1 })
  util.formatWithOptions({ compact: false }, { a: 1 })
`;

// What the engine does not reveal: that an object is a proxy, and what an object
// was made as once its prototype is gone. The names of generator functions are
// the package's.
const differences = {
  '({ *j() {}, async *k() {} })': "{\n  j: [Function: j] GeneratorFunction,\n  k: [AsyncFunction: k] AsyncGeneratorFunction\n}",
  'Object.setPrototypeOf(new RangeError("null proto"), null)': "[Error: null prototype] {}",
};

test("values are written as Node writes them", async () => {
  await same({ prelude, corpus: values, differences });
});

test("formats are filled as Node fills them", async () => {
  await same({ prelude, corpus: formats });
});
