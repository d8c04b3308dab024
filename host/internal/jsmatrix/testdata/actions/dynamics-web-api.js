// create, the error of a wrong table
// 404 GET acme.crm.dynamics.com/api/data/v9.2/nones {"error":{"code":"0x8006088a","message":"no such table"}}
// 204 POST acme.crm.dynamics.com/api/data/v9.2/contacts [OData-EntityId: https://acme.crm.dynamics.com/api/data/v9.2/contacts(00000000-0000-0000-0000-000000000001)]
import { DynamicsWebApi } from "dynamics-web-api";

const api = new DynamicsWebApi({ serverUrl: "https://acme.crm.dynamics.com", onTokenRefresh: async () => event.secrets.TOKEN });
console.log(await api.create({ collection: "contacts", data: { emailaddress1: event.user.email } }));
await api.retrieveMultiple({ collection: "nones", select: ["name"] }).catch((error) => console.log(error.status, error.code, error.message));
