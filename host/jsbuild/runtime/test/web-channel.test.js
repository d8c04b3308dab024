// MessageChannel, and what there is of WebSocket.
import assert from "node:assert/strict";
import { test } from "node:test";
import { handler, run } from "./engine.js";

const logged = async (body) => {
  const { logs, error } = await run(handler(body));
  assert.equal(error, undefined);
  return logs.map((line) => line.message);
};

test("a message reaches the other end after what runs has returned, as a copy", async () => {
  assert.deepEqual(await logged(`
    const { port1, port2 } = new MessageChannel();
    const sent = { n: [1] };
    const got = new Promise((resolve) => { port2.onmessage = resolve; });
    port1.postMessage(sent);
    sent.n.push(2);
    console.log("first");
    const message = await got;
    console.log(message.type, message.data, message instanceof MessageEvent, message.isTrusted);
  `), ["first", "message { n: [ 1 ] } true true"]);
});

test("messages wait, in order, until their end is started, and none comes when it is closed", async () => {
  assert.deepEqual(await logged(`
    const { port1, port2 } = new MessageChannel();
    port2.addEventListener("message", ({ data }) => console.log(data));
    port1.postMessage(1);
    port1.postMessage(2);
    await new Promise(setImmediate);
    console.log("start");
    port2.start();
    await new Promise((resolve) => setTimeout(resolve, 1));
    port2.close();
    port1.postMessage(3);
  `), ["start", "1", "2"]);
});

test("a port comes with a channel only", async () => {
  assert.deepEqual(await logged(`try { new MessagePort(); } catch (error) { console.log(error.name, error.code); }`), ["TypeError ERR_CONSTRUCT_CALL_INVALID"]);
});

test("a WebSocket says what to use instead", async () => {
  assert.deepEqual(await logged(`try { new WebSocket("wss://example.com"); } catch (error) { console.log(error.code, error.message, WebSocket.OPEN); }`), [
    "ERR_SANDBOX_UNSUPPORTED WebSocket is not available in an action: use fetch: it is the only way out of an action 1",
  ]);
});
