// What an action finds is what Node 22 has, but for the differences in ../../NODE.md.
import assert from "node:assert/strict";
import { test } from "node:test";
import { found, listed } from "../shape/update.js";

const difference = (a, b) => [...new Set(a)].filter((line) => !new Set(b).has(line));

test("what differs from Node 22 is listed with its reason", async () => {
  const [here, page] = [await found(), listed()];
  assert.ok(page.length > 0 && here.length > 0);
  assert.deepEqual({ unexpected: difference(here, page), gone: difference(page, here) }, { unexpected: [], gone: [] },
    "run 'node shape/update.js' in host/jsbuild/runtime, and give each new difference a reason");
});
