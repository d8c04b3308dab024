// Headers.
const all = (...args) => [...new Headers(...args)];
const after = (change, init = { a: "1", b: "2" }) => {
  const headers = new Headers(init);
  const result = change(headers);
  return [result, [...headers]];
};

export default [
  ["empty", () => all()],
  ["undefined", () => all(undefined)],
  ["record", () => all({ B: "2", a: "1", "X-Z": 3 })],
  ["pairs", () => all([["b", "2"], ["a", "1"], ["B", "3"]])],
  ["map", () => all(new Map([["a", "1"], ["b", "2"]]))],
  ["headers", () => all(new Headers({ a: "1" }))],
  ["headers with cookies", () => all(new Headers([["set-cookie", "a"], ["Set-Cookie", "b"], ["a", "1"]]))],
  ["pairs that are sets", () => all([new Set(["a", "1"])])],
  ["generator", () => all((function* () { yield ["a", "1"]; })())],
  ["class instance", () => all(new (class { a = "1"; })())],
  ["keys not listed", () => all(Object.defineProperty({ a: "1" }, "b", { value: "2", enumerable: false }))],
  ["inherited keys", () => all(Object.create({ a: "1" }))],
  ["function", () => all(Object.assign(() => {}, { a: "1" }))],
  ["getters in order", () => {
    const seen = [];
    new Headers({ get a() { seen.push("a"); return "1"; }, get b() { seen.push("b"); return "2"; } });
    return seen;
  }],
  ...[null, 1, "a", true, [["a"]], [["a", "b", "c"]]].map((init, i) => [`init refused ${i}`, () => all(init)]),
  ...[Symbol("a"), [1], ["ab"], [null], ["abc"], { [Symbol("s")]: "1" }].map((init, i) => [`init refused somehow ${i}`, () => { try { return all(init); } catch (error) { return error.name; } }]),
  ...["", " ", "a b", "a:", "é", "a\n", "\0", "(", "a/b", "[", "{", '"', ",", ";", "@", "a\tb"].map((name) => [`name ${JSON.stringify(name)}`, () => new Headers().append(name, "x")]),
  ...["!", "#", "$", "'", "*", "^", "`", "|", "~", ".", "-", "_", "1"].map((name) => [`odd name ${name}`, () => after((h) => h.append(name, "x"), {})]),
  ...["", " a ", "\ta\t", "\r\na\n", "a b", "a\nb", "a\rb", "a\0b", "é", "\x7f", "€", "\x01", "a\r\n b", "😀"].map((value) => [`value ${JSON.stringify(value)}`, () => after((h) => h.set("x", value), {})]),
  ...[undefined, null, 1, true, {}, [], [1, 2], 2n, NaN].map((value) => [`value of kind ${String(value)}`, () => after((h) => h.set("x", value), {})]),
  ["value symbol", () => { try { new Headers().set("x", Symbol("a")); } catch (error) { return error.name; } }],
  ["name undefined", () => after((h) => h.append(undefined, undefined))],
  ["append", () => after((h) => h.append("A", "3"))],
  ["set", () => after((h) => h.set("A", "3"))],
  ["set after append", () => after((h) => { h.append("a", "3"); h.set("a", "4"); })],
  ["delete", () => after((h) => h.delete("A"))],
  ["delete missing", () => after((h) => h.delete("c"))],
  ["get", () => after((h) => [h.get("A"), h.get("c")])],
  ["has", () => after((h) => [h.has("A"), h.has("c")])],
  ["get joined", () => after((h) => h.get("a"), [["a", "1"], ["a", ""], ["a", "3"]])],
  ["cookie joined", () => after((h) => h.get("cookie"), [["cookie", "1"], ["cookie", "2"]])],
  ["set-cookie", () => after((h) => [h.get("set-cookie"), h.getSetCookie(), h.has("Set-Cookie")], [["set-cookie", "1"], ["b", "2"], ["set-cookie", "3"]])],
  ["set-cookie replaced", () => after((h) => { h.set("set-cookie", "x"); return h.getSetCookie(); }, [["set-cookie", "1"], ["set-cookie", "3"]])],
  ["set-cookie none", () => new Headers().getSetCookie()],
  ["get bad name", () => new Headers().get("a b")],
  ["has bad name", () => new Headers().has("")],
  ["delete bad name", () => new Headers().delete("é€")],
  ...["append", "set"].flatMap((name) => [0, 1].map((count) => [`${name} with ${count}`, () => new Headers()[name](...["a"].slice(0, count))])),
  ...["get", "has", "delete", "forEach"].map((name) => [`${name} with none`, () => new Headers()[name]()]),
  ["order", () => all([["z", "1"], ["a", "1"], ["m", "1"], ["Z", "2"]])],
  ["keys", () => [...new Headers({ b: "1", a: "2" }).keys()]],
  ["values", () => [...new Headers({ b: "1", a: "2" }).values()]],
  ["entries", () => [...new Headers({ b: "1", a: "2" }).entries()]],
  ["forEach", () => {
    const seen = [];
    const headers = new Headers({ b: "1", a: "2" });
    headers.forEach(function (...args) { seen.push([args[0], args[1], args[2] === headers, this.x]); }, { x: 1 });
    return seen;
  }],
  ["forEach with no function", () => new Headers().forEach(1)],
  ["iterator", () => {
    const iterator = new Headers({ a: "1" })[Symbol.iterator]();
    return [Object.prototype.toString.call(iterator), iterator[Symbol.iterator]() === iterator, iterator.next(), iterator.next(), iterator.next()];
  }],
  ["iterator prototype", () => {
    const prototype = Object.getPrototypeOf(new Headers().entries());
    return [Object.getOwnPropertyNames(prototype), Object.getPrototypeOf(prototype) === Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), Object.getPrototypeOf(new Headers().keys()) === prototype];
  }],
  ["change while iterating", () => {
    const headers = new Headers({ a: "1", b: "2", c: "3" });
    const seen = [];
    for (const [name] of headers) {
      seen.push(name);
      if (name === "a") { headers.delete("b"); headers.append("d", "4"); }
      if (seen.length > 9) break;
    }
    return seen;
  }],
  ["entries is the iterator", () => Headers.prototype.entries === Headers.prototype[Symbol.iterator]],
  ["tag", () => Object.prototype.toString.call(new Headers())],
  ["members listed", () => Object.keys(Headers.prototype)],
  ["lengths", () => [Headers, ...["append", "delete", "get", "has", "set", "getSetCookie", "forEach", "entries", "keys", "values"].map((name) => Headers.prototype[name])]],
  ["spread in object", () => ({ ...new Headers({ a: "1" }) })],
  ["from entries", () => Object.fromEntries(new Headers({ B: "1", a: "2" }))],
  ["iterator of another", () => { try { Object.getPrototypeOf(new Headers().entries()).next.call({}); } catch (error) { return error.name; } }],
];
