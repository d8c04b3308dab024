// JSON, no cache
// 201 POST /users {"id":"1"}
import fetch from "make-fetch-happen";

const answer = await fetch(`${event.secrets.URL}/users`, { method: "POST", body: JSON.stringify({ a: 1 }), headers: { "content-type": "application/json" }, retry: false });
console.log(answer.status, await answer.json());
