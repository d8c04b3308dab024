// execute by HTTP with the main entry, which has a native part
// differs: Node has no native part here, as optional packages are not installed; an action does without it
// 200 POST db.turso.io/v2/pipeline {"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"execute","result":{"cols":[{"name":"n"}],"rows":[[{"type":"integer","value":"1"}]],"affected_row_count":0,"last_insert_rowid":null}}},{"type":"ok","response":{"type":"close"}}]}
import { createClient } from "@libsql/client";

const client = createClient({ url: "https://db.turso.io", authToken: event.secrets.TOKEN });
console.log((await client.execute({ sql: "select ? as n", args: [1] })).rows[0].n);
