// crm.contacts: create, and the error of a contact that is there
// 201 POST /hubspot/ {"id":"7","properties":{},"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}
import { Client } from "@hubspot/api-client";

const hubspot = new Client({ accessToken: event.secrets.TOKEN, basePath: `${event.secrets.URL}/hubspot` });
const made = await hubspot.crm.contacts.basicApi.create({ properties: { email: event.user.email }, associations: [] });
console.log(made.id);
await hubspot.crm.contacts.basicApi.getById("missing").catch((error) => console.log(error.code));
