import assert from "node:assert/strict";
import { test } from "node:test";
import { runAction } from "usher-actions/test";

const action = new URL("action.ts", import.meta.url);
const secrets = { STORE_URL: "https://users.example.com/users", STORE_TOKEN: "t" };

test("a new user is stored", async () => {
  const run = await runAction(action, { secrets });
  assert.equal(run.error, undefined);
  assert.equal(run.requests[0].json.country, "DE");
  assert.equal(run.logs.at(-1).message, "auth0|5f7c8ec7c33c6c004bbafe82 is u-1 in the store");
});

test("a secret that is not set fails the run before anything is sent", async () => {
  const run = await runAction(action, { secrets: { STORE_URL: secrets.STORE_URL } });
  assert.match(run.error.message, /STORE_TOKEN/);
  assert.equal(run.requests.length, 0);
});

test("an answer of another shape fails the run", async () => {
  const fakes = [{ request: { url: secrets.STORE_URL }, response: { json: { id: 1 } } }];
  const run = await runAction(action, { secrets, fakes });
  assert.match(run.error.message, /expected string/);
});
