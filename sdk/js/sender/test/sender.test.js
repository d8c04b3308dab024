import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { Sender, UsherError } from "../index.js";

const ada = { user: { user_id: "auth0|ada", email: "ada@example.com" } };
const stored = { event_id: "evt_1", execution_id: "exe_1" };
const servers = [];
after(() => servers.forEach((server) => server.close()));

// host answers each request with the next of the given answers, the last one for ever, and keeps what it got.
async function host(...answers) {
  const requests = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      requests.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      if (answer === "lost") return request.socket.destroy();
      if (answer === "silent") return undefined;
      const [status, body, headers = {}] = answer;
      const kind = status < 400 ? "application/json" : "application/problem+json";
      response.writeHead(status, { "Content-Type": kind, ...headers });
      return response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  servers.push(server);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  return { requests, sender: (options) => new Sender({ url, key: "usher_k", ...options }) };
}

test("an event is sent once when the host has it", async () => {
  const { sender, requests } = await host([202, stored]);
  assert.deepEqual(await sender().send(ada, { traceparent: "00-1-2-01" }), { ...stored, repeat: false });
  assert.equal(requests.length, 1);
  assert.equal(requests[0].url, "/v1/events/post-user-registration");
  assert.equal(requests[0].headers.authorization, "Bearer usher_k");
  assert.equal(requests[0].headers.traceparent, "00-1-2-01");
  assert.equal(requests[0].headers["idempotency-key"], undefined);
  assert.deepEqual(JSON.parse(requests[0].body), ada);
});

test("a repeat is reported", async () => {
  const { sender } = await host([200, stored]);
  assert.equal((await sender().send(ada)).repeat, true);
});

test("a busy host and lost connections are tried again with the same key and body", async () => {
  const { sender, requests } = await host([503, {}], "lost", [429, {}], [502, "<html>"], [202, stored]);
  assert.deepEqual(await sender().send(ada, { idempotencyKey: "signup-7" }), { ...stored, repeat: false });
  assert.deepEqual(requests.map((r) => r.headers["idempotency-key"]), Array(5).fill("signup-7"));
  assert.equal(new Set(requests.map((r) => r.body)).size, 1);
});

test("a host that does not answer in time is tried again", async () => {
  const { sender, requests } = await host("silent", [202, stored]);
  assert.equal((await sender({ timeout: 200 }).send(ada)).event_id, "evt_1");
  assert.equal(requests.length, 2);
});

test("Retry-After is waited for", async () => {
  const { sender } = await host([429, {}, { "Retry-After": "1" }], [202, stored]);
  const start = performance.now();
  await sender().send(ada);
  assert.ok(performance.now() - start >= 990);
});

test("a wait that is longer than the deadline is not begun", async () => {
  const problem = { title: "Service Unavailable", detail: "the disk is full", hint: "make room" };
  const { sender, requests } = await host([503, problem, { "Retry-After": "3600" }]);
  await assert.rejects(sender().send(ada), (error) => {
    assert.ok(error instanceof UsherError);
    assert.equal(error.message, "503 the disk is full (make room)");
    assert.deepEqual([error.status, error.attempts, error.hint], [503, 1, "make room"]);
    return true;
  });
  assert.equal(requests.length, 1);
});

test("an event that the host refuses is not sent again", async () => {
  const errors = [{ pointer: "/user/user_id", detail: "is required" }];
  const { sender, requests } = await host([400, { type: "https://usherhost.dev/problems/invalid", detail: "no", errors, request_id: "r1" }]);
  await assert.rejects(sender().send({ user: {} }), (error) => {
    assert.deepEqual(error.errors, errors);
    assert.deepEqual([error.status, error.requestId], [400, "r1"]);
    return true;
  });
  assert.equal(requests.length, 1);
});

test("a redirect is named and not followed", async () => {
  const { sender, requests } = await host([301, "", { Location: "https://usher.example.com/" }]);
  await assert.rejects(sender().send(ada), /redirects to https:\/\/usher\.example\.com\/: use that address/);
  assert.equal(requests.length, 1);
});

test("another server is named", async () => {
  const { sender } = await host([200, "<html>hello</html>"]);
  await assert.rejects(sender().send(ada), /not JSON: is it Usher\?/);
});

test("a deadline ends the attempts with the last error", async () => {
  const { sender, requests } = await host("lost");
  await assert.rejects(sender().send(ada, { deadline: 2_000 }), /did not answer/);
  assert.ok(requests.length >= 1);
});

test("an abort ends a wait at once", async () => {
  const { sender, requests } = await host([503, {}, { "Retry-After": "30" }]);
  const stop = new AbortController();
  const sent = sender().send(ada, { signal: stop.signal });
  while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort(new Error("the program ends"));
  await assert.rejects(sent, /the program ends/);
});

test("a batch has one answer for each event", async () => {
  const { sender } = await host([202, { events: [stored, { ...stored, repeat: true }] }]);
  assert.deepEqual(await sender().send([ada, ada]), [{ ...stored, repeat: false }, { ...stored, repeat: true }]);
});

test("a decision is asked for again under one key", async () => {
  const decision = { execution_id: "exe_1", decision: "deny", reason: "listed", user_message: "Please ask us." };
  const { sender, requests } = await host("lost", [200, decision]);
  assert.deepEqual(await sender().decide({ user: {}, request: {} }, { wait: 1 }), decision);
  const keys = requests.map((r) => r.headers["idempotency-key"]);
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  assert.match(keys[0], /^[0-9a-f-]{36}$/);
  assert.equal(requests[0].headers.prefer, "wait=1");
});

test("what can't be sent is refused at once", async () => {
  assert.throws(() => new Sender({ url: "127.0.0.1:8080", key: "k" }), /must begin with http:/);
  assert.throws(() => new Sender({ url: "http://127.0.0.1:8080" }), /usher keys create/);
  const { sender, requests } = await host([202, stored]);
  await assert.rejects(sender({ key: "a\nb" }).send(ada), TypeError);
  assert.equal(requests.length, 0);
});
