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

test("a visitor is let in, with where they signed up", () => {
  const result = run({ request: {}, user: { email: "ada@example.com" }, connection: { name: "web" } });
  assert.deepEqual(result.commands.map(({ type, key, value }) => [type, key, value]), [["user.set_user_metadata", "signed_up_with", "web"]]);
});

test("an address at a blocked domain is denied", () => {
  const [command] = run({ request: {}, user: { email: "eve@blocked.example" } }).commands;
  assert.equal(command.type, "access.deny");
  assert.equal(command.reason, "blocked domain");
});
