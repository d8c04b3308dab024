// post of JSON, query, the error of a 404
// 201 POST /users {"id":"1","ok":true}
// 200 GET /search {"found":2}
import superagent from "superagent";

const made = await superagent.post(`${event.secrets.URL}/users`).set("X-Trace", "7").send({ id: event.user.user_id });
console.log(made.status, made.body);
console.log((await superagent.get(`${event.secrets.URL}/search`).query({ q: "a b" })).body);
await superagent.get(`${event.secrets.URL}/missing`).catch((error) => console.log(error.status, error.message));
