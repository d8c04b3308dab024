import assert from "node:assert/strict";
import { test } from "node:test";
import { runAction } from "usher-actions/test";

const action = new URL("action.js", import.meta.url);
const secrets = { AUTH0_DOMAIN: "acme.eu.auth0.com", AUTH0_CLIENT_ID: "id", AUTH0_CLIENT_SECRET: "s" };

test("a user is tagged with a token of the application", async () => {
  const run = await runAction(action, { secrets });
  assert.equal(run.error, undefined);
  const [token, patch] = run.requests;
  assert.equal(new URLSearchParams(token.body).get("grant_type"), "client_credentials");
  assert.equal(patch.headers.authorization, "Bearer token");
  assert.equal(patch.json.app_metadata.registered.from, "DE");
});

test("an application without the right fails the run", async () => {
  const fakes = [
    { request: { url: "https://acme.eu.auth0.com/oauth/token" }, response: { json: { access_token: "token", expires_in: 86400 } } },
    { request: { method: "PATCH", url: "*" }, response: { status: 403, json: { statusCode: 403, errorCode: "insufficient_scope" } } },
  ];
  const run = await runAction(action, { secrets, fakes });
  assert.equal(run.error.statusCode ?? 403, 403);
  assert.match(run.error.message, /403/);
});
