// Auth0's Node library against the server that the environment names, as a
// program of its users: RECEIVER is where the actions send.
import assert from "node:assert/strict";
import { ManagementClient } from "auth0";

const { AUTH0_DOMAIN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, RECEIVER } = process.env;
const client = new ManagementClient({ domain: AUTH0_DOMAIN, clientId: AUTH0_CLIENT_ID, clientSecret: AUTH0_CLIENT_SECRET });
const trigger = "post-user-registration";
const gone = "00000000-0000-4000-8000-000000000000";

const code = (name) => `exports.onExecutePostUserRegistration = async (event) => {
  await fetch("${RECEIVER}/${name}", { method: "POST", body: event.user.user_id + " " + event.secrets.TOKEN });
};`;

async function built(id) {
  for (;;) {
    const action = await client.actions.get(id);
    if (action.status === "built") return action;
    assert.notEqual(action.status, "failed", JSON.stringify(action));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function all(page) {
  const items = [];
  for await (const item of page) items.push(item);
  return items;
}

const ids = {};
for (const name of ["second", "first"]) {
  const action = await client.actions.create({
    name, code: code(name), runtime: "node22",
    supported_triggers: [{ id: trigger, version: "v2" }],
    secrets: [{ name: "TOKEN", value: `of ${name}` }],
  });
  ids[name] = action.id;
  await built(action.id);
  const version = await client.actions.deploy(action.id);
  assert.equal(version.number, 1);
}
await client.actions.triggers.bindings.updateMany(trigger, {
  bindings: ["first", "second"].map((name) => ({ ref: { type: "action_name", value: name }, display_name: name })),
});
assert.deepEqual((await all(await client.actions.triggers.bindings.list(trigger))).map((b) => b.display_name), ["first", "second"]);
assert.deepEqual((await all(await client.actions.list({ triggerId: trigger }))).map((a) => a.name).sort(), ["first", "second"]);
assert.ok((await client.actions.triggers.list()).triggers.some((t) => t.id === trigger));

const tried = await client.actions.test(ids.first, { payload: { event: { user: { user_id: "auth0|tried" } } } });
assert.equal(tried.payload.error, undefined);

const gate = await client.actions.create({
  name: "gate", runtime: "node22", supported_triggers: [{ id: "pre-user-registration", version: "v2" }],
  code: `exports.onExecutePreUserRegistration = async (event, api) => { api.access.deny("closed", "We are closed."); };`,
});
await built(gate.id);
await client.actions.deploy(gate.id);
await client.actions.triggers.bindings.updateMany("pre-user-registration", { bindings: [{ ref: { type: "action_id", value: gate.id }, display_name: "gate" }] });
assert.deepEqual((await all(await client.actions.triggers.bindings.list("pre-user-registration"))).map((b) => b.action.name), ["gate"]);
assert.deepEqual((await all(await client.actions.list({ triggerId: "pre-user-registration" }))).map((a) => a.name), ["gate"]);

await client.actions.update(ids.first, { code: code("changed"), secrets: [{ name: "TOKEN" }] });
await built(ids.first);
await client.actions.deploy(ids.first);
const versions = await all(await client.actions.versions.list(ids.first));
assert.deepEqual(versions.map((v) => v.number), [2, 1]);
await client.actions.versions.deploy(ids.first, versions[1].id, { update_draft: true });
assert.equal((await client.actions.get(ids.first)).code, code("first"));

await client.actions.update(ids.second, { code: "exports.onExecutePostUserRegistration = async (event) => { oops(" });
for (let status; status !== "failed"; ) status = (await client.actions.get(ids.second)).status;
await assert.rejects(client.actions.deploy(ids.second), (error) => error.statusCode === 400 && /failed to build: action\.js/.test(error.body.message) && !/built' state/.test(error.body.message)); // on that text clients try again

await assert.rejects(client.actions.get(gone), (error) => error.statusCode === 404 && error.body.message === "That action does not exist.");
await assert.rejects(client.actions.create({ name: "x", supported_triggers: [{ id: trigger }], surprise: 1 }), (error) => error.statusCode === 400);
console.log(JSON.stringify(ids));
