// post of JSON, the headers and text of an answer, an abort
// 201 POST /users {"id":"1","ok":true}
// 200 GET /text hello, text
import fetch from "node-fetch-2";

const answer = await fetch(`${event.secrets.URL}/users`, {
  method: "POST", headers: { "Content-Type": "application/json", "X-Trace": "7" }, body: JSON.stringify(event.user),
});
console.log(answer.ok, answer.status, answer.headers.get("content-type"), await answer.json());
console.log((await (await fetch(`${event.secrets.URL}/text`)).text()).length);
const controller = new AbortController();
controller.abort();
await fetch(`${event.secrets.URL}/never`, { signal: controller.signal }).catch((error) => console.log(error.name));
