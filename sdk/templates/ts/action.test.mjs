import assert from "node:assert/strict";
import { test } from "node:test";
import { runAction } from "usher-actions/test";

const action = new URL("action.ts", import.meta.url);

test("a new user becomes a contact", async () => {
  const run = await runAction(action); // on event.json, with the answers in fakes.json
  assert.equal(run.error, undefined);
  assert.equal(run.requests[0].json.email, "ada@example.com");
  assert.equal(run.logs.at(-1).message, "contact contact-1 is in the CRM");
});

test("a CRM that is down fails the run, so that it is tried again", async () => {
  const fakes = [{ request: { url: "https://crm.example.com/*" }, response: { status: 503 } }];
  const run = await runAction(action, { fakes });
  assert.equal(run.error.message, "the CRM answered 503");
});
