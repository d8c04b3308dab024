// URL and URLSearchParams.
import { randomInts, mutate } from "../random.js";

const parts = "href origin protocol username password host hostname port pathname search hash".split(" ");
const shown = (url) => parts.map((part) => url[part]).join(" | ");
const parse = (...args) => shown(new URL(...args));
const set = (start, part, value) => {
  const url = new URL(start);
  url[part] = value;
  return shown(url);
};
const pairs = (...args) => [...new URLSearchParams(...args)];

const urls = [
  "http://example.com", "HTTP://EXAMPLE.com:80/", "https://a:443/", "https://a:8443/b?c#d", "http://a/b/../c/./d", "http://a/%7Efoo/../%7e", "http://a/b c?d e#f g",
  "http://user:pa%20ss@host/", "http://user@host", "http://:pw@host", "http://@host", "http://a:b@c:d@e/", "http://ex%41mple.com/", "http://ü.de/ä?ö#ß", "http://xn--tda.de/", "http://faß.de/",
  "http://日本語.jp/", "http://☃.net/", "http://a_b/", "http://a..b/", "http://.a/", "http://a./", "http://1.2.3.4/", "http://0x7f.1/", "http://127.1/", "http://256.1.1.1/", "http://1.2.3.4.5/", "http://0300.168.0.1", "http://4294967296/",
  "http://[::1]:80/", "http://[1:2:0:0:0:0:7:8]/", "http://[::ffff:1.2.3.4]/", "http://[1::2::3]/", "http://[::1", "http://[v1.x]/", "http://a:65535/", "http://a:65536/", "http://a:x/", "http://a:/", "http://a:00080/",
  "http:a", "http:/a", "http:///a", "http:\\\\a\\b", "https:/\\a", "//a", "/a", "a", "", " http://a/ ", "\thttp://a/\n", "ht\ntp://a/b\tc", "http://a/\0", "http://a b/", "http://a<b/", "http://a%00b/", "http://a|b/", "http://a^b/", "http://%/",
  "file:///a/b", "file://host/a", "file:c:/a", "file:///C|/a/../..", "file:\\\\h\\a", "file://localhost/x", "file:", "file:///a/%2e%2E/b",
  "mailto:a@b", "data:text/plain,a b#c d", "javascript:alert(1)", "about:blank", "blob:https://a/b", "blob:x", "urn:a:b", "foo://a/b/../c", "foo://a b/", "foo:///a", "foo:/a/../b", "foo:a/../b", "foo://[::1]/", "foo://ü/", "foo://%zz/", "a1+-.:b", "1a:b", "foo:", "non-special:opaque  ?x#y",
  "ws://a:80/", "wss://a:443/", "ftp://a:21/", "ftp://u:p@a/", "http://a?b", "http://a#b", "http://a?#", "http://a/?q='\"<>`#'\"<>`", "http://a/%", "http://a/%zz", "http://a/{}|^", "http://a/;=,", "http://a/\ud800", "http://a/?\ud800", "http://a/😀", "http://😀.com/",
  "http://a/b?c=d&e=f%20g+h", "http://%e2%98%83.net/", "http://%25/", "http://a%b", "http://­a/", "http://ＧＯ.com", "http://a。b/", "http://xn--a/", "http://xn--/", "http://ab--c/", "http://-a-/", "http://" + "a".repeat(64) + ".com/", "http://a%2Fb/", "http://0/", "http://0.0.0.0.", "http://1e2/", "http://09.1/", "http://0x/", "http://１２７.1/", "http://a:１/",
];
const relatives = ["", "x", "./x", "../x", "../../../x", "/x", "//y/x", "?q", "#f", "?q#f", ".", "..", "x/..", "x/.", "\\x", "\\\\y", "http:x", "http:/x", "https:x", "http://y", "x?a/../b", "x#a/../b", "%2e%2e/x", ";x", "a:b", "///y", "foo", "C|/x"];
const bases = ["http://h/a/b?c#d", "http://h", "file:///a/b", "file:///C:/a", "foo://h/a/b", "foo:/a/b", "mailto:x", "about:blank"];
const changes = {
  href: ["http://b/", "x", "http://"], protocol: ["https", "https:", "ftp://x", "foo", "file", "1", "", "HTTP"], username: ["a", "a@b", "", "ü", ":"], password: ["a", "a:b", "", "/"],
  host: ["b", "b:1", "b:80", "b:x", "", ":1", "b/c", "[::1]:9", "b?x", "1.2", "a b", "ü", "b:99999"], hostname: ["b", "b:1", "", "[::1]", "b/c", "1", "a b", "b#c"],
  port: ["1", "80", "", "x", "1x", "65536", " 2", "-1", "1.5", "0"], pathname: ["b", "/b", "", "../b", "b?c", "b#d", "\\b", "%2e%2e/b", "a b", "ü"],
  search: ["b", "?b", "", "?", "b#c", "ü=ä", "'", "a b"], hash: ["b", "#b", "", "#", "ü", "a b`"],
};
const starts = ["http://u:p@h:8080/p?q#f", "file:///a/b", "mailto:x", "foo://h/p", "foo:/p"];
const inits = ["", "?", "a=b", "?a=b", "??a=b", "a=b&a=c", "a", "=b", "&&a", "a=b=c", "a+b=c+d", "a%20b=%2B", "%zz=%", "ü=ä", "%C3%BC", "%FF", "%ef%bb%bf=x", "\ud800", "a=b;c=d", "a&b&", "\ufeffa=b", "a%00=\0", "😀=1"];

const roll = randomInts(3);
const sound = ["http://user:pw@host.test:8080/a/b;c/../d?e=f&g=%20#h", "https://[2001:db8::1]/x?y", "foo://h:1/a/./b?c#d", "file:///C:/a/b", "https://192.168.0.1/\u00fc?\u00e4#\u00f6"];
const mutated = Array.from({ length: 300 }, (_, i) => mutate(sound[i % sound.length], roll, ":/?#[]@!$&'()*+,;=%.0aZ -_~\\|\u00fc2e"));

export default [
  ...mutated.map((url, i) => [`parse mutated ${i}`, () => parse(url)]),
  ...mutated.slice(0, 100).map((query, i) => [`params mutated ${i}`, () => [pairs(query), String(new URLSearchParams(query))]]),
  ...urls.map((url, i) => [`parse ${i} ${url}`, () => parse(url)]),
  ...bases.flatMap((base) => relatives.map((url) => [`parse ${url} on ${base}`, () => parse(url, base)])),
  ...starts.flatMap((start) => Object.entries(changes).flatMap(([part, values]) => values.map((value) => [`set ${part} of ${start} to ${value}`, () => set(start, part, value)]))),
  ["error", () => { try { new URL("/a", "b"); } catch (error) { return [error.code, error.input, error.base, error.message]; } }],
  ["error without base", () => { try { new URL("/a"); } catch (error) { return [error.code, error.input, "base" in error]; } }],
  ["no argument", () => new URL()],
  ["of a URL", () => parse(new URL("http://a/b"), new URL("http://c"))],
  ["base undefined", () => parse("http://a", undefined)],
  ["base null", () => new URL("x", null)],
  ["kinds", () => [null, undefined, 1, {}, []].map((value) => URL.canParse(value, "http://h/"))],
  ["canParse", () => [URL.canParse("http://a"), URL.canParse("a"), URL.canParse("a", "http://b"), URL.canParse("a", "b")]],
  ["canParse nothing", () => URL.canParse()],
  ["parse", () => [URL.parse("http://a").href, URL.parse("a"), URL.parse("a", "http://b/").href, URL.parse("http://a") instanceof URL]],
  ["json and text", () => [JSON.stringify({ u: new URL("http://a/?b") }), String(new URL("http://a")), `${new URL("http://a")}`, new URL("http://a") + ""]],
  ["tag", () => [Object.prototype.toString.call(new URL("http://a")), Object.prototype.toString.call(new URLSearchParams()), URL.length, URL.name, new URL("http://a").constructor === URL]],
  ["members listed", () => Object.keys(URL.prototype).sort()],
  ["read only", () => { const url = new URL("http://a"); const { searchParams } = url; return [url.searchParams === searchParams, Object.getOwnPropertyDescriptor(URL.prototype, "origin").set === undefined]; }],
  ["subclass", () => { class Mine extends URL { get x() { return this.host; } } const url = new Mine("http://a/"); return [url.x, url instanceof Mine, url instanceof URL, url.href]; }],
  ["searchParams change the URL", () => { const url = new URL("http://a/?b=1#c"); url.searchParams.append("d", "ü &"); url.searchParams.delete("b"); return url.href; }],
  ["searchParams follow the URL", () => { const url = new URL("http://a/?b=1"); const { searchParams } = url; url.search = "?x=2"; const first = [...searchParams]; url.href = "http://c/?y=3"; return [first, [...searchParams]]; }],
  ["searchParams emptied", () => { const url = new URL("http://a/?b=1"); url.searchParams.delete("b"); return url.href; }],
  ["searchParams preserve what is not changed", () => { const url = new URL("http://a/?b=%7E 1"); const before = url.href; url.searchParams.get("b"); return [before, url.href]; }],
  ["searchParams sort", () => { const url = new URL("http://a/?z=1&b=2&b=1&%F0%9F%98%80=x&ﬃ=y"); url.searchParams.sort(); return url.href; }],

  ...inits.map((init) => [`params ${JSON.stringify(init)}`, () => [pairs(init), String(new URLSearchParams(init))]]),
  ...[[["a", "b"], ["c", "d"]], [], { a: "b", c: 1 }, { a: undefined, b: null }, new Map([["a", "b"]]), new Set([["a", "b"]]), undefined, null, 1, true, [new Set(["a", "b"])], () => {}].map((init, i) => [`params of kind ${i}`, () => pairs(init)]),
  ...[[["a"]], [["a", "b", "c"]], [1], ["ab"], [null], { [Symbol("x")]: 1 }].map((init, i) => [`params refused ${i}`, () => { try { return pairs(init); } catch (error) { return error.name; } }]),
  ["params of params", () => { const first = new URLSearchParams("a=b"); const second = new URLSearchParams(first); second.append("c", "d"); return [[...first], [...second]]; }],
  ["params of form data", () => { const form = new FormData(); form.append("a", "b"); return pairs(form); }],
  ["append", () => { const p = new URLSearchParams("a=1"); p.append("a", 2); p.append(null, undefined); return String(p); }],
  ["set", () => { const p = new URLSearchParams("a=1&b=2&a=3"); p.set("a", "4"); p.set("c", "5"); return String(p); }],
  ["delete", () => { const p = new URLSearchParams("a=1&b=2&a=3"); p.delete("a"); return String(p); }],
  ["delete with value", () => { const p = new URLSearchParams("a=1&b=2&a=3"); p.delete("a", "3"); p.delete("b", undefined); return String(p); }],
  ["get", () => { const p = new URLSearchParams("a=1&a=2&b"); return [p.get("a"), p.get("b"), p.get("c"), p.getAll("a"), p.getAll("c"), p.size]; }],
  ["has", () => { const p = new URLSearchParams("a=1"); return [p.has("a"), p.has("b"), p.has("a", "1"), p.has("a", "2"), p.has("a", undefined)]; }],
  ...["append", "delete", "get", "getAll", "has", "set", "forEach"].map((name) => [`${name} without arguments`, () => new URLSearchParams()[name]()]),
  ["text", () => String(new URLSearchParams([["a b", "c+d"], ["*-._~", "!'()"], ["ü", "\n"]]))],
  ["iteration", () => { const p = new URLSearchParams("a=1&b=2"); const seen = []; p.forEach((v, k, o) => seen.push([v, k, o === p])); return [[...p.keys()], [...p.values()], [...p.entries()], seen]; }],
  ["iterator", () => { const i = new URLSearchParams("a=1").entries(); return [Object.prototype.toString.call(i), i[Symbol.iterator]() === i, i.next(), i.next()]; }],
  ["change while iterating", () => { const p = new URLSearchParams("a=1&b=2&c=3"); const seen = []; for (const [name] of p) { seen.push(name); if (name === "a") p.delete("b"); } return seen; }],
  ["pairs are one's own", () => { const p = new URLSearchParams("a=1"); for (const pair of p) pair[1] = "x"; return String(p); }],
  ["params members listed", () => Object.keys(URLSearchParams.prototype).sort()],
  ["params lengths", () => [URLSearchParams, ...["append", "delete", "get", "getAll", "has", "set", "sort", "forEach"].map((name) => URLSearchParams.prototype[name])]],
];
