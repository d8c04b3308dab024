import assert from "node:assert/strict";
import { test } from "node:test";
import { runAction } from "usher-actions/test";

const action = new URL("action.js", import.meta.url);
const run = (security_context) => runAction(action, { event: { request: { ip: "203.0.113.7" }, user: {}, security_context } });

test("a listed JA4 is refused, with a reason for us and a message for the user", async () => {
  const { decision, logs } = await run({ ja4: "t13d190900_9dc949149365_97f8aa674fd9" });
  assert.equal(decision.decision, "deny");
  assert.equal(decision.reason, "denied_fingerprint");
  assert.match(decision.user_message, /contact our support/);
  assert.match(logs[0].message, /from 203\.0\.113\.7$/);
});

test("a listed JA3 is refused, whatever the JA4", async () => {
  const { decision } = await run({ ja3: "e7d705a3286e19ea42f587b344ee6865", ja4: "t13d1516h2_8daaf6152771_02713d6af862" });
  assert.equal(decision.decision, "deny");
});

test("any other fingerprint is allowed, and so is a client without one", async () => {
  for (const context of [{ ja4: "t13d1516h2_8daaf6152771_02713d6af862" }, {}, null, undefined]) {
    const { decision } = await run(context);
    assert.equal(decision.decision, "allow");
  }
});
