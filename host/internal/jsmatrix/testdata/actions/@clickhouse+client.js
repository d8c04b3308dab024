// insert, query as JSON, the error of a wrong query
// 200 POST ch.example.com ~wrong Code: 62. DB::Exception: Syntax error. (SYNTAX_ERROR)
// 200 POST ch.example.com {"meta":[],"data":[{"n":1}],"rows":1}
import { createClient } from "@clickhouse/client";

const ch = createClient({ url: "https://ch.example.com", username: "u", password: event.secrets.TOKEN });
await ch.insert({ table: "users", values: [{ email: event.user.email }], format: "JSONEachRow" });
console.log((await (await ch.query({ query: "select 1 as n", format: "JSON" })).json()).data);
await ch.close();
