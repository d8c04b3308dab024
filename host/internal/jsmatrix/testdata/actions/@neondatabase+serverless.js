// a query by HTTP, with parameters; the error of a wrong one
// 400 POST /sql ~wrong {"message":"syntax error","code":"42601"}
// 200 POST /sql {"command":"SELECT","rowCount":1,"rows":[["1"]],"fields":[{"name":"n","dataTypeID":23}],"rowAsArray":true}
import { neon } from "@neondatabase/serverless";

const sql = neon("postgres://user:secret@ep-1.eu-central-1.aws.neon.tech/users");
console.log(await sql`select ${1}::int as n`);
await sql`wrong`.catch((error) => console.log(error.name, error.code, error.message));
