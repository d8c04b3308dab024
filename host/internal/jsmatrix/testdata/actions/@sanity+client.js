// fetch a query, create, the error of a wrong query
// 400 GET p1.api.sanity.io ~ {"error":{"type":"queryParseError","description":"no"}}
// 200 POST p1.api.sanity.io {"transactionId":"t","results":[{"id":"d1","operation":"create","document":{"_id":"d1"}}]}
import { createClient } from "@sanity/client";

const client = createClient({ projectId: "p1", dataset: "d", apiVersion: "2026-01-01", token: event.secrets.TOKEN, useCdn: false, ignoreBrowserTokenWarning: true });
console.log((await client.create({ _type: "user", email: event.user.email }))._id);
await client.fetch("*[").catch((error) => console.log(error.name, error.statusCode));
