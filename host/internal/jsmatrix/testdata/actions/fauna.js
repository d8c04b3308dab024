// a query, the error of a wrong one
// without os=[^;\n]*
// 400 POST db.fauna.com/query/1 ~wrong {"error":{"code":"invalid_query","message":"no"},"summary":"x"}
// 200 POST db.fauna.com/query/1 {"data":{"@doc":{"id":"1","coll":{"@mod":"users"},"ts":{"@time":"2026-01-01T00:00:00Z"}}},"txn_ts":1}
import { Client, FetchClient, fql } from "fauna";

const http = new FetchClient({ url: new URL("https://db.fauna.com"), fetch_keepalive: false });
const client = new Client({ secret: event.secrets.TOKEN }, http);
console.log((await client.query(fql`users.create({ email: ${event.user.email} })`)).data.id);
await client.query(fql`wrong`).catch((error) => console.log(error.name, error.code, error.httpStatus));
client.close();
