import assert from "node:assert/strict";
import { test } from "node:test";
import { runAction } from "usher-actions/test";

const action = new URL("action.js", import.meta.url);
const secrets = { SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/X" };

test("Slack gets the message, although the action does not await it", async () => {
  const run = await runAction(action, { secrets });
  assert.equal(run.error, undefined);
  assert.equal(run.requests[0].json.text, 'New user: ada@example.com (Ada "Countess" Löwe &lt;3)');
});

test("the message names a user without an address by id", async () => {
  const run = await runAction(action, { secrets, event: { user: { user_id: "sms|1" } } });
  assert.equal(run.requests[0].json.text, "New user: sms|1");
});

test("a message that Slack refuses is a warning", async () => {
  const fakes = [{ request: { url: "https://hooks.slack.com/*" }, response: { status: 404, body: "no_team" } }];
  const run = await runAction(action, { secrets, fakes });
  assert.equal(run.succeeded, true);
  assert.match(run.logs.at(-1).message, /Unhandled promise rejection/);
});
