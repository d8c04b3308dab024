// JSON, headers
// 201 POST /users {"id":"1"}
import fetch from "cross-fetch";

const answer = await fetch(`${event.secrets.URL}/users`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email: event.user.email }) });
console.log(answer.status, answer.ok, answer.headers.get("content-type"), await answer.json());
