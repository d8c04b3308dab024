import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

// run runs the module that was built on an event, as a host would. The variable USHER
// names another command than usher.
function run(event) {
  const args = ["--json", "run", "{{name}}.wasm", "--event", "-"];
  const done = spawnSync(process.env.USHER ?? "usher", args, { input: JSON.stringify(event), encoding: "utf8" });
  if (done.error) throw done.error;
  assert.ok(done.status === 0 || done.status === 7, done.stderr); // 7: the action failed
  return JSON.parse(done.stdout);
}

test("a new user is greeted", () => {
  const result = run({ user: { user_id: "u1", email: "ada@example.com" } });
  assert.equal(result.succeeded, true);
  assert.match(JSON.stringify(result.output), /Hello, ada@example.com/);
});

test("the connection is logged", () => {
  const result = run({ user: { user_id: "u1" }, connection: { name: "web" } });
  assert.equal(result.logs[0].message, "u1 registered with web");
});
