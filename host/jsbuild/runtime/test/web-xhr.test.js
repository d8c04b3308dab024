// XMLHttpRequest, by itself and under the libraries that need it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./engine.js";

const ask = async (body, http) => {
  const result = await run(`exports.onExecutePostUserRegistration = async () => {
    const said = [];
    ${body}
    await fetch("http://result.test/", { method: "POST", body: JSON.stringify(said) });
  };`, { http: (request, n) => (request.url === "http://result.test/" ? { status: 204 } : http(request, n)), timeout_ms: 1e6 });
  assert.equal(result.error, undefined, JSON.stringify(result.error));
  const requests = result.requests.slice(0, -1);
  return { said: JSON.parse(result.requests.at(-1).body), requests, cancelled: result.cancelled };
};
const reply = (body, more = {}) => () => ({ status: 200, headers: { "content-type": ["application/json"], "x-b": ["2"], "x-a": ["1"] }, body, ...more });
const open = `
  const xhr = new XMLHttpRequest();
  const done = new Promise((resolve) => { xhr.onloadend = resolve; });
  for (const type of ["loadstart", "readystatechange", "progress", "load", "error", "abort", "timeout", "loadend"]) {
    xhr.addEventListener(type, () => said.push(type === "readystatechange" ? xhr.readyState : type));
  }
  for (const type of ["loadstart", "progress", "load", "error", "abort", "timeout", "loadend"]) {
    xhr.upload.addEventListener(type, () => said.push("upload " + type));
  }`;

test("a request reports its states in order", async () => {
  const { said, requests } = await ask(`${open}
    xhr.open("post", "http://host.test/a#b");
    xhr.setRequestHeader("X-One", "1");
    xhr.setRequestHeader("x-one", "2");
    xhr.send("body");
    await done;
    said.push(xhr.status, xhr.statusText, xhr.responseText, xhr.responseURL, xhr.getAllResponseHeaders(), xhr.getResponseHeader("X-A"), xhr.getResponseHeader("none"));
  `, reply("answer"));
  assert.deepEqual(said, [
    1, "loadstart", "upload loadstart", "upload progress", "upload load", "upload loadend", 2, 3, "progress", 4, "load", "loadend",
    200, "OK", "answer", "http://host.test/a", "content-type: application/json\r\nx-a: 1\r\nx-b: 2\r\n", "1", null,
  ]);
  const [{ method, url, headers, body }] = requests;
  assert.deepEqual([method, url, headers["x-one"], headers["content-type"], body], ["POST", "http://host.test/a", ["1, 2"], ["text/plain;charset=UTF-8"], "body"]);
});

test("a response comes in the type asked for", async () => {
  const { said } = await ask(`
    for (const type of ["", "text", "json", "arraybuffer", "blob"]) {
      const xhr = new XMLHttpRequest();
      xhr.responseType = type;
      xhr.open("GET", "http://host.test/");
      const done = new Promise((resolve) => { xhr.onload = resolve; });
      xhr.send();
      await done;
      const { response } = xhr;
      said.push(type === "blob" ? [response.type, await response.text()] : type === "arraybuffer" ? [...new Uint8Array(response)] : response);
      said.push(response === xhr.response);
    }`, reply("[1]"));
  assert.deepEqual(said, ["[1]", true, "[1]", true, [1], true, [91, 49, 93], true, ["application/json", "[1]"], true]);
});

test("a request that fails ends with error and status 0", async () => {
  const { said } = await ask(`${open} xhr.open("GET", "http://host.test/"); xhr.send(); await done; said.push(xhr.status, xhr.responseText, xhr.getAllResponseHeaders());`,
    () => ({ error: { code: "network", message: "connection refused" } }));
  assert.deepEqual(said, [1, "loadstart", 4, "error", "loadend", 0, "", ""]);
});

test("a request that takes too long ends with timeout", async () => {
  const { said, requests } = await ask(`${open} xhr.open("GET", "http://host.test/"); xhr.timeout = 250; xhr.send(); await done;`,
    () => ({ error: { code: "timeout", message: "did not answer in time" } }));
  assert.deepEqual(said, [1, "loadstart", 4, "timeout", "loadend"]);
  assert.equal(requests[0].timeout_ms, 250);
});

test("a request can be aborted", async () => {
  const { said, cancelled } = await ask(`${open} xhr.open("POST", "http://host.test/"); xhr.send("x"); setTimeout(() => xhr.abort(), 5); await done; said.push(xhr.readyState, xhr.status);`,
    () => ({ after: Infinity }));
  assert.deepEqual(said, [1, "loadstart", "upload loadstart", 4, "upload abort", "upload loadend", "abort", "loadend", 0, 0]);
  assert.equal(cancelled.length, 1);
});

test("a request can be sent again", async () => {
  const { said } = await ask(`
    const xhr = new XMLHttpRequest();
    for (const path of ["a", "b"]) {
      xhr.open("GET", "http://host.test/" + path);
      const done = new Promise((resolve) => { xhr.onload = resolve; });
      xhr.send();
      await done;
      said.push(xhr.responseURL);
    }`, reply(""));
  assert.deepEqual(said, ["http://host.test/a", "http://host.test/b"]);
});

test("what can't be done throws", async () => {
  const { said } = await ask(`
    const fails = (f) => { try { f(new XMLHttpRequest()); said.push("fine"); } catch (error) { said.push(error.name); } };
    fails((xhr) => xhr.send());
    fails((xhr) => xhr.setRequestHeader("a", "b"));
    fails((xhr) => xhr.open("GET", "/relative"));
    fails((xhr) => xhr.open("GET", "http://h/", false));
    fails((xhr) => xhr.open("GET"));
    fails((xhr) => { xhr.responseType = "json"; xhr.responseText; });
    fails((xhr) => { xhr.open("GET", "http://h/"); xhr.setRequestHeader("a b", "c"); });
    fails(() => new XMLHttpRequestUpload());
    fails((xhr) => { xhr.responseType = "unknown"; });
    said.push(XMLHttpRequest.DONE, new XMLHttpRequest().OPENED);`, reply(""));
  assert.deepEqual(said, ["InvalidStateError", "InvalidStateError", "SyntaxError", "InvalidAccessError", "TypeError", "InvalidStateError", "TypeError", "TypeError", "fine", 4, 1]);
});

for (const axios of ["axios-0.27", "axios-1.6"]) {
  const begin = `const axios = require(${JSON.stringify(axios)}).default ?? require(${JSON.stringify(axios)});
    const failed = (error) => said.push([error.name, error.code, error.message, error.response?.status, error.response?.data]);`;

  test(`${axios} posts and reads JSON`, async () => {
    const { said, requests } = await ask(`${begin}
      const { status, data, headers, statusText } = await axios.post("http://host.test/a", { b: "ü" }, { params: { q: "1 2" }, headers: { Authorization: "Bearer x" } });
      said.push(status, statusText, data, headers["x-a"]);`, reply('{"c":[1]}'));
    assert.deepEqual(said, [200, "OK", { c: [1] }, "1"]);
    const [{ method, url, headers, body }] = requests;
    assert.deepEqual([method, url, body], ["POST", "http://host.test/a?q=1+2", '{"b":"ü"}']);
    assert.match(headers["content-type"][0], /^application\/json/);
    assert.deepEqual(headers.authorization, ["Bearer x"]);
  });

  test(`${axios} gets in other types`, async () => {
    const { said } = await ask(`${begin}
      said.push([...new Uint8Array((await axios.get("http://host.test/", { responseType: "arraybuffer" })).data)]);
      said.push((await axios({ url: "http://host.test/", responseType: "text", transformResponse: (x) => x })).data);`, reply("hi"));
    assert.deepEqual(said, [[104, 105], "hi"]);
  });

  test(`${axios} rejects a status of failure`, async () => {
    const { said } = await ask(`${begin} await axios.get("http://host.test/").catch(failed);`, reply('{"why":"no"}', { status: 422 }));
    assert.deepEqual(said, [["AxiosError", "ERR_BAD_REQUEST", "Request failed with status code 422", 422, { why: "no" }]]);
  });

  test(`${axios} rejects a request that fails`, async () => {
    const { said } = await ask(`${begin} await axios.get("http://host.test/").catch(failed);`, () => ({ error: { code: "network", message: "connection refused" } }));
    assert.deepEqual(said[0].slice(0, 3), ["AxiosError", "ERR_NETWORK", "Network Error"]);
  });

  test(`${axios} rejects one that takes too long`, async () => {
    const { said } = await ask(`${begin} await axios.get("http://host.test/", { timeout: 50 }).catch(failed);`, () => ({ error: { code: "timeout", message: "did not answer in time" } }));
    assert.deepEqual(said, [["AxiosError", "ECONNABORTED", "timeout of 50ms exceeded", null, null]]);
  });

  test(`${axios} cancels`, async () => {
    const { said, cancelled } = await ask(`${begin}
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 5);
      await axios.get("http://host.test/", { signal: controller.signal }).catch(failed);
      said.push(axios.isCancel(await axios.get("http://host.test/", { signal: controller.signal }).catch((error) => error)));`, () => ({ after: Infinity }));
    assert.deepEqual(said, [["CanceledError", "ERR_CANCELED", "canceled", null, null], true]);
    assert.equal(cancelled.length, 1);
  });

  test(`${axios} sends forms and reports progress`, async () => {
    const { said, requests } = await ask(`${begin}
      await axios.post("http://host.test/", new URLSearchParams({ a: "b c" }), { onUploadProgress: () => said.push("up"), onDownloadProgress: () => said.push("down") });
      const form = new FormData();
      form.append("f", new Blob(["x"]), "n.txt");
      await axios.post("http://host.test/", form);`, reply("{}"));
    assert.deepEqual(said, ["up", "down"]);
    assert.equal(requests[0].body, "a=b+c");
    assert.match(requests[1].headers["content-type"][0], /^multipart\/form-data; boundary=/);
    assert.match(requests[1].body, /filename="n.txt"/);
  });
}
