// A request that nothing ends is answered once its body is as long as it said, as by a
// server: form-data through stream.pipeline() never ends one.
import { test } from "node:test";
import assert from "node:assert/strict";
import { handler, run } from "./engine.js";

const call = (before, writes) => handler(`
  const http = require("http");
  ${before}
  const answer = await new Promise((resolve, reject) => {
    const request = http.request("http://a.example/", { method: "POST", headers: { "Content-Length": 4 } }, (response) => { response.resume(); resolve(response.statusCode); });
    request.on("error", reject);
    ${writes}
    setTimeout(resolve, 50, "no answer");
  });
  console.log(answer);`);

test("a body as long as it said", async () => {
  for (const [name, writes, want, sent] of [
    ["at once", 'request.write("four");', "200", ["four"]],
    ["in parts, later", 'request.write("fo"); setTimeout(() => request.write("ur"), 5);', "200", ["four"]],
    ["ended later", 'request.write("four"); setTimeout(() => request.end(), 5);', "200", ["four"]],
    ["ended", 'request.end("four");', "200", ["four"]],
    ["too short", 'request.write("fou");', "no answer", []],
  ]) {
    const { logs, requests } = await run(call("", writes), { http: () => ({ status: 200, headers: {}, body: "" }) });
    assert.equal(logs.at(-1).message, want, name);
    assert.deepEqual(requests.map(({ body }) => body), sent, name);
  }
});
