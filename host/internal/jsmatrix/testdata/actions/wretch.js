// JSON, a catcher of a 404
// 404 GET /none no
// 201 POST /users {"id":"1"}
import wretch from "wretch"; // .default

const client4 = wretch(event.secrets.URL).auth(`Bearer ${event.secrets.TOKEN}`);
console.log(await client4.url("/users").post({ email: event.user.email }).json());
console.log(await client4.url("/none").get().notFound((error) => error.status).json());
