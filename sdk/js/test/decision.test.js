import assert from "node:assert/strict";
import { test } from "node:test";
import { decidingApi } from "../lib/decision.js";
import { runAction } from "usher-actions/test";

const action = new URL("actions/gate.js", import.meta.url);
const run = async (email, body) => (await runAction(action, { event: { user: { email, app_metadata: { old: 1, kept: 2 } }, request: { body } } })).decision;

test("the first deny counts, and the user reads a neutral message when it has none", async () => {
  const decision = await run("a@spam.example", {});
  assert.deepEqual(decision, {
    decision: "deny", reason: "spam", user_message: "You can't register at the moment.", validation_errors: [], user_metadata: {}, app_metadata: {}, degraded: false,
  });
});

test("a validation error denies with its code and message", async () => {
  const { decision, reason, user_message, validation_errors } = await run("a@b.example", {});
  assert.deepEqual([decision, reason, user_message], ["deny", "no_name", "Give a name"]);
  assert.deepEqual(validation_errors, [{ code: "no_name", message: "Give a name" }]);
});

test("metadata is that of the event with the changes", async () => {
  const { decision, user_metadata, app_metadata, user_id } = await run("a@b.example", { name: "Ada" });
  assert.equal(decision, "allow");
  assert.deepEqual([user_metadata, app_metadata, user_id], [{ name: { first: "Ada" } }, { kept: 2 }, "u1"]);
});

test("an action that fails allows without its changes, and the decision says so", async () => {
  const decision = await run("a@b.example", { name: "boom" });
  assert.deepEqual([decision.decision, decision.degraded, decision.user_metadata, decision.user_id], ["allow", true, {}, undefined]);
});

test("arguments that the host refuses are refused", () => {
  const commands = [];
  const { validation, user } = decidingApi(commands);
  assert.throws(() => validation.error("code"), { message: /must have required property 'errorMessage'/ });
  assert.throws(() => validation.error(1, "x"), { message: /errorCode must be string/ });
  assert.throws(() => validation.error("c", "é".repeat(101)), { message: /more than 100 characters/ });
  assert.throws(() => user.setUserId("auth0|1"), { message: /must match pattern/ });
  user.setUserMetadata("a", "x".repeat(32764));
  assert.throws(() => user.setUserMetadata("bb", 1), { code: "limit" });
  assert.equal(commands.length, 1);
});
