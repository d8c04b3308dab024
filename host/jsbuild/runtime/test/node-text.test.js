// Paths, addresses and queries are parsed in the engine as they do in Node.
import { test } from "node:test";
import { same } from "./node-same.js";

const names = ["/a/b/c.txt", "a/b", "./x", "../y/../z", "/", "", ".", "..", "a//b///c", "/a/./b/../c/", ".hidden", "file.tar.gz", "name.", "C:\\\\dir\\\\file.txt", "\\\\\\\\server\\\\share\\\\x", "c:x", "a\\\\b/c"];

const paths = names.flatMap((name) => {
  const text = JSON.stringify(name).replaceAll("\\\\\\\\", "\\\\");
  return ["posix", "win32"].flatMap((kind) => [
    ...["normalize", "dirname", "basename", "extname", "isAbsolute", "parse", "toNamespacedPath"].map((f) => `path.${kind}.${f}(${text})`),
    `path.${kind}.join("/root", ${text}, "..", "end")`,
    `path.${kind}.resolve("/root/dir", ${text})`,
    `path.${kind}.relative("/root/dir", "/root/" + ${text})`,
    `path.${kind}.format(path.${kind}.parse(${text}))`,
  ]);
});

test("paths", async () => {
  await same({
    prelude: 'const path = require("path");',
    corpus: [...paths.filter((line) => !/win32\.(resolve|relative|toNamespacedPath)/.test(line)), 'path.join()', 'path.join("a", 1)', 'path.basename("x.html", ".html")', 'path.win32.relative("C:\\\\a\\\\b", "C:\\\\a\\\\c")', "path.sep + path.delimiter + path.win32.sep + path.win32.delimiter", "path.posix === path", "require('path/posix') === path.posix", "path.resolve('/a', 'b')", "path.matchesGlob === undefined || true"].join("\n"),
  });
});

const addresses = [
  "http://user:pass@sub.host.com:8080/p/a/t/h?query=string#hash", "https://example.com", "HTTP://EXAMPLE.com/Path", "//host/path", "/just/path?x=1#f", "?only=query", "#frag", "mailto:a@b.c", "javascript:alert('x');", "file:///etc/passwd",
  "http://a b/c d", "http://[::1]:80/x", "http://x.y.com+a/b/c", "http://mt0.google.com/vt/lyrs=m@114???&hl=en&src=api&x=2&y=2&z=3&s=", "http://a@b@c/", "http://a@b?@c", "http://ex.com/foo bar", "x://y/z", "xmpp:user@host.com", "svn+ssh://foo/bar", "dash-test:foo/bar",
  "http://user%20name:p%40ss@h/", "http://google.com\" onload=\"alert(42)/", "http://atpass:foo%40bar@127.0.0.1:8080/path?search=foo#bar", "git+http://user:pass@host/x", "http://ünïcode.de/ä?ö#ü", "http://xn--iv-yka.at", "  http://trim.me/  ", "http:\\\\evil\\path?q\\x", "local1@domain1", "www.example.com", "", "a:b", "ws://host/chat?x", "coap:u:p@::1:61616/.well-known/r?n=T#c", "http://h:/x", "http://a.com/\t\nb", "http://-a-.com/", "HtTp://x.Y/z?a=1&a=2&b=%20+",
];
const quoted = addresses.map((address) => JSON.stringify(address));
const bases = ["http://example.com/one/two?x#y", "/one/two/three", "mailto:user@host", "http://u:p@h.com/a/b/"];
const relatives = ["", ".", "..", "../x", "/abs", "//other/p", "?q=2", "#f", "http://new.com/", "g;x=1/../y", "mailto:x@y", "../../../up", "a/./b/../c"];

test("legacy addresses", async () => {
  await same({
    prelude: 'const url = require("url");',
    corpus: [
      ...quoted.map((a) => `url.parse(${a})`),
      ...quoted.map((a) => `url.parse(${a}, true).query`),
      ...quoted.map((a) => `url.parse(${a}, false, true).host`),
      ...quoted.map((a) => `url.format(url.parse(${a}))`),
      ...bases.flatMap((base) => relatives.map((relative) => `url.resolve(${JSON.stringify(base)}, ${JSON.stringify(relative)})`)),
      'url.format({ protocol: "https", host: "h:1", pathname: "/p", query: { a: [1, 2], b: "x y" } })',
      'url.format({ hostname: "::1", port: 80, slashes: true, search: "q", hash: "h" })',
      'url.format(new URL("http://u:p@ünï.de/x?y#z"), { auth: false, fragment: false, search: false })',
      'url.fileURLToPath("file:///a%20b/c")', 'url.pathToFileURL("/a b#?/c").href', 'url.fileURLToPath("http://x/y")',
      'Object.entries(url.urlToHttpOptions(new URL("http://u:p%40@h:81/p?q#f"))).map(([k, v]) => k + "=" + v).sort().join()',
      'url.domainToASCII("español.com")', 'url.domainToUnicode("xn--espaol-zwa.com")',
      "url.URL === URL && url.URLSearchParams === URLSearchParams",
    ].join("\n"),
  });
});

test("query strings", async () => {
  const strings = ["a=1&b=2", "a=1&a=2&a=3", "a", "=b", "a=b=c", "a=%20+%2B", "a=%zz&b=%E4", "&&x=1&", "", "a[]=1&a[b]=2", "ä=ö", "__proto__=1&toString=2", "a%3Db=c%26d"];
  await same({
    prelude: 'const qs = require("querystring");',
    corpus: [
      ...strings.map((text) => `qs.parse(${JSON.stringify(text)})`),
      'qs.parse("a:1;b:2", ";", ":")', 'qs.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 })', 'qs.parse("a=%41", null, null, { decodeURIComponent: (s) => "[" + s + "]" })', "qs.parse(undefined)", "qs.parse({})",
      'qs.stringify({ a: 1, b: [2, "x y"], c: true, d: null, e: undefined, f: {}, g: "é&=", h: 10n, i: NaN, j: Infinity })', 'qs.stringify({ a: 1, b: 2 }, ";", ":")', 'qs.stringify("text")', 'qs.stringify({ a: "\\ud83d\\ude00" })', 'qs.stringify({ a: "\\ud83d" })',
      'qs.escape("a b&c=d/é\'()*!~")', 'qs.unescape("a%20b%zz")', "qs.decode === qs.parse && qs.encode === qs.stringify",
    ].join("\n"),
  });
});

test("punycode and string decoders", async () => {
  await same({
    prelude: `const punycode = require("punycode/".slice(0, 8)); const { StringDecoder } = require("string_decoder");
      const decode = (encoding, ...parts) => { const d = new StringDecoder(encoding); return [...parts.map((p) => d.write(Buffer.from(p))), d.end()]; };`,
    corpus: `
      punycode.encode("mañana")
      punycode.decode("maana-pta")
      punycode.toASCII("джумла@джpумлатест.bрфa")
      punycode.toUnicode("xn--maana-pta.com")
      punycode.ucs2.decode("\\ud83d\\ude00a")
      decode("utf8", [0xe2], [0x82], [0xac])
      decode("utf8", [0xf0, 0x9f], [0x98])
      decode("utf8", [0xff, 0x41])
      decode("utf16le", [0x3d], [0xd8, 0x00], [0xde])
      decode("base64", [1], [2, 3, 4])
      decode("hex", [1, 2])
      decode("latin1", [0xe9])
    `,
  });
});
