import assert from "node:assert/strict";
import { test } from "node:test";
import { runAction } from "usher-actions/test";

const action = new URL("action.js", import.meta.url);
const secrets = { STORE_URL: "https://users.example.com/users", STORE_TOKEN: "t" };
const answers = (response) => [{ request: { method: "POST", url: secrets.STORE_URL }, response }];

test("the user's id is stored", async () => {
  const run = await runAction(action, { secrets });
  assert.equal(run.error, undefined);
  assert.deepEqual(run.requests[0].json, { user_id: "auth0|5f7c8ec7c33c6c004bbafe82", email: "ada@example.com" });
  assert.equal(run.requests[0].headers.authorization, "Bearer t");
});

test("a user who is there already is no failure", async () => {
  const run = await runAction(action, { secrets, fakes: answers({ status: 409 }) });
  assert.equal(run.error, undefined);
});

test("a store that is down fails the run, so that it is tried again", async () => {
  const run = await runAction(action, { secrets, fakes: answers({ status: 503 }) });
  assert.equal(run.error.code, "ERR_BAD_RESPONSE");
});
