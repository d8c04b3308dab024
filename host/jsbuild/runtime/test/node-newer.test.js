// What Node has had since 22, against its answers.
import { test } from "node:test";
import assert from "node:assert/strict";
import { handler, run } from "./engine.js";

async function lines(body) {
  const { logs, error } = await run(handler(body));
  assert.equal(error, undefined);
  return logs.map(({ message }) => message);
}

test("util.diff", async () => {
  const pairs = [["12345678", "!!5678"], [["1", "2", "3", "4"], ["1", "3", "4", "5"]], [["a"], ["a"]], ["", ""], ["abcabba", "cbabac"], ["kitten", "sitting"], ["aaaa", "aa"]];
  const got = await lines(`const util = require("util"); for (const [a, b] of ${JSON.stringify(pairs)}) console.log(JSON.stringify(util.diff(a, b)).replace(/"/g, ""));
    for (const a of [1, ["a", 1]]) try { util.diff("a", a); } catch (e) { console.log(e.code, e.message); }`);
  assert.deepEqual(got, [
    "[[1,1],[1,2],[1,3],[1,4],[-1,!],[-1,!],[0,5],[0,6],[0,7],[0,8]]",
    "[[0,1],[1,2],[0,3],[0,4],[-1,5]]",
    "[[0,a]]",
    "[]",
    "[[1,a],[1,b],[0,c],[-1,b],[0,a],[0,b],[1,b],[0,a],[-1,c]]",
    "[[1,k],[-1,s],[0,i],[0,t],[0,t],[1,e],[-1,i],[0,n],[-1,g]]",
    "[[0,a],[0,a],[1,a],[1,a]]",
    'ERR_INVALID_ARG_TYPE The "expected" argument must be of type string. Received type number (1)',
    'ERR_INVALID_ARG_TYPE The "expected[1]" argument must be of type string. Received type number (1)',
  ]);
});

test("path.matchesGlob", async () => {
  const yes = [["/foo/bar", "/foo/*"], ["/a/b/c", "/a/**"], ["/a/b/c", "/a/**/c"], ["/a/b.js", "/a/*.{js,ts}"], ["/a/b.ts", "/a/?.ts"], ["/a/b", "/a/[a-c]"], ["foo", "{foo,bar}"], ["/a/b/", "/a/b"], ["a/b", "a/+(b|c)"], ["a/bb", "a/+(b)"], ["a", "!(b)"], ["/a/b/../c", "/a/c"], ["a/b/c", "**/c"], ["", ""], ["a.b.c", "*.c"]];
  const no = [["/foo/bar/baz", "/foo/*"], ["/a/b", "/a/[!a-c]"], ["/a/.x", "/a/*"], ["a\\b", "a/b"], ["/a", "/a/**"], ["A", "a"], ["x/.y/z", "**/z"], ["b", "!(b)"]];
  const got = await lines(`const path = require("path"); for (const [p, g] of ${JSON.stringify([...yes, ...no])}) console.log(path.matchesGlob(p, g)); console.log(path.win32.matchesGlob("a\\\\b", "a/b"))`);
  assert.deepEqual(got, [...yes.map(() => "true"), ...no.map(() => "false"), "true"]);
});

test("assert.Assert", async () => {
  const got = await lines(`const { Assert } = require("assert"); const outcome = (f) => { try { f(); console.log("passes"); } catch (e) { console.log(e.name, e.code, e.operator); } };
    outcome(() => new Assert().equal(1, "1")); outcome(() => new Assert({ strict: false }).equal(1, "1")); outcome(() => new Assert().deepEqual({ a: 1 }, { a: "1" })); outcome(() => new Assert({ diff: "x" })); outcome(() => new Assert().throws(() => {}));`);
  assert.deepEqual(got, ["AssertionError ERR_ASSERTION strictEqual", "passes", "AssertionError ERR_ASSERTION deepStrictEqual", "TypeError ERR_INVALID_ARG_VALUE undefined", "AssertionError ERR_ASSERTION throws"]);
});
