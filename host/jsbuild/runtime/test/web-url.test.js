// The short way to plain URLs gives what the long way gives.
import assert from "node:assert/strict";
import { test } from "node:test";
import { URL as Parser } from "whatwg-url-minimum";
import { plainURL } from "../src/web/plain-url.js";

const [state] = Object.getOwnPropertySymbols(new Parser("http://a/"));

const plain = [
  "http://a", "https://a/", "https://a:443", "http://a:443/", "http://a:80/x", "https://hooks.slack.com/services/T/B/x%20y",
  "http://127.0.0.1:8080/users?a=b&c=d", "http://255.0.10.1", "https://a-b.c1.d/?", "https://a/?a?b", "https://a//b//", "https://a/...",
  "https://a/.b/c.", "https://a/%2e%2e%2e", "https://a/a;b=c,d@e:f(g)*!$'[h]|~", "https://a/?{}|\\^`[]%zz", "https://a:0/", "https://a:65535/",
  "http://localhost:3000/a/", "https://1.2.3.4.example", "https://0x1.example/",
];

const others = [
  "https://a:65536/", "https://A/", "HTTP://a/", "https://a/#b", "https://a/../b", "https://a/%2E/b", "https://a/b/.", "https://a/%2e.", "https://xn--a/",
  "https://a..b/", "https://a./", "https://1.2.3/", "https://1.2.3.256/", "https://a.0x1/", "https://01.2.3.4/", "https://u@a/", "https://u:p@a/",
  "https://a/ b", "https://a/b ", "https://a/\u00fc", "https://a/?'", "https://a/?\"", "https://a/<", "https://a/^", "https://a/{}", "https:a", "https:/a",
  "https://", "https:///a", "https://a\\b", "https://a/b\\c", "https://-a/", "https://a:/", "https://a:080/", "ftp://a/", "https://[::1]/", "https://a%41/",
  "https://a\n/", "\thttps://a/", "https://a_b/", "//a/", "/a", "",
];

test("plain URLs are parsed the short way, to the same", () => {
  for (const url of plain) {
    const short = plainURL(url, Parser.prototype);
    assert.ok(short, url);
    const long = new Parser(url);
    assert.equal(short.href, long.href);
    assert.deepEqual({ ...short[state].url }, { ...long[state].url }, url);
    assert.deepEqual(Reflect.ownKeys(short), Reflect.ownKeys(long));
  }
});

test("other URLs are left to the parser", () => {
  for (const url of others) assert.equal(plainURL(url, Parser.prototype), undefined, url);
});

test("what the short way takes, the parser takes alike", () => {
  const letters = "ahtps.:/?%2e0159-~x[]@'\\#";
  let seed = 7;
  const next = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let i = 0; i < 100000; i++) {
    let url = next(2) ? "https://a" : "http://";
    for (let n = next(12); n >= 0; n--) url += letters[next(letters.length)];
    const short = plainURL(url, Parser.prototype);
    if (!short) continue;
    const long = new Parser(url);
    assert.equal(short.href, long.href);
    assert.deepEqual({ ...short[state].url }, { ...long[state].url }, url);
  }
});

test("a plain URL can be changed", () => {
  const url = plainURL("https://a/b?c=d", Parser.prototype);
  url.searchParams.append("e", "f");
  url.pathname = "/x/../y";
  url.port = "81";
  assert.equal(url.href, "https://a:81/y?c=d&e=f");
});
