// request and fetch
import { request, fetch } from "undici";

const { statusCode, body } = await request(`${event.secrets.URL}/users`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(event.user) });
console.log(statusCode, await body.json());
console.log((await fetch(`${event.secrets.URL}/text`)).status);
