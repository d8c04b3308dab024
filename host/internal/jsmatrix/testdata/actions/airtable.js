// create and select, the error of a table that is not there
// 404 GET /v0/app1/None {"error":{"type":"TABLE_NOT_FOUND","message":"no table"}}
// 200 GET /v0/app1/Users {"records":[{"id":"rec1","fields":{"Email":"jo@example.com"}}]}
// 200 POST /v0/app1/Users {"records":[{"id":"rec1","fields":{"Email":"jo@example.com"}}]}
import Airtable from "airtable";

const base = new Airtable({ apiKey: event.secrets.TOKEN }).base("app1");
console.log((await base("Users").create([{ fields: { Email: event.user.email } }]))[0].id);
console.log((await base("Users").select({ filterByFormula: "{Email} = 'jo'", maxRecords: 1 }).firstPage()).map((r) => r.get("Email")));
await base("None").select().firstPage().catch((error) => console.log(error.error, error.statusCode, error.message));
