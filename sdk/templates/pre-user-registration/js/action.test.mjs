import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runAction } from "usher-actions/test";

const action = new URL("action.js", import.meta.url);
const event = JSON.parse(readFileSync(new URL("event.json", import.meta.url), "utf8"));

test("a visitor may register, and the country is added", async () => {
  const run = await runAction(action); // on event.json, with the answers in fakes.json
  assert.equal(run.error, undefined);
  assert.equal(run.requests[0].json.email, "ada@example.com");
  assert.equal(run.decision.decision, "allow");
  assert.deepEqual(run.decision.user_metadata, { country: "DE" });
});

test("an address that the CRM blocks is denied", async () => {
  const user = { ...event.user, email: "eve@blocked.example" };
  const { decision } = await runAction(action, { event: { ...event, user } });
  assert.equal(decision.decision, "deny");
  assert.equal(decision.reason, "blocked in the CRM");
  assert.equal(decision.user_message, "You can't register with this address.");
});

test("a CRM that is down fails the run", async () => {
  const fakes = [{ request: { url: "https://crm.example.com/*" }, response: { status: 503 } }];
  const run = await runAction(action, { fakes });
  assert.equal(run.error.message, "the CRM answered 503");
  assert.equal(run.decision.degraded, true);
});
