// create, and a record that is not there
// 404 GET /v0/app1/Users/rec2 {"error":"NOT_FOUND"}
// 200 POST /v0/app1/Users {"id":"rec1","fields":{"Email":"jo@example.com"}}
import Airtable from "airtable-0.11";

const base = new Airtable({ apiKey: event.secrets.TOKEN }).base("app1");
console.log((await base("Users").create({ Email: event.user.email })).id);
await base("Users").find("rec2").catch((error) => console.log(error.error, error.statusCode));
