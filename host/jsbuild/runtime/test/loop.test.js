import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./engine.js";

const handler = (body) => `exports.onExecutePostUserRegistration = async (event, api) => { ${body} };`;

test("a handler that is done at once succeeds with no output", async () => {
  const result = await run(handler(""));
  assert.deepEqual([result.error, result.output, result.logs], [undefined, undefined, []]);
});

test("a handler that throws fails the run with name, message and stack", async () => {
  const { error } = await run(handler("null.x;"));
  assert.equal(error.name, "TypeError");
  assert.match(error.message, /cannot read property 'x' of null/);
  assert.match(error.stack, /^TypeError: .*\n    at .*usher-bundle\.js:\d+:\d+/);
});

test("a timer moves the run's clock by its time", async () => {
  const { elapsed, slept, error } = await run(handler("await new Promise((r) => setTimeout(r, 1000));"));
  assert.deepEqual([elapsed, slept, error], [1000, [1000], undefined]);
});
