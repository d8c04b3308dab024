// documents().create, search, the error of a collection that is not there
// 404 GET ts.example.com/collections/none {"message":"Not Found"}
// 201 POST ts.example.com/collections/users/documents {"id":"1"}
// 200 GET ts.example.com/collections/users/documents/search {"found":1,"hits":[]}
import Typesense from "typesense";

const client = new Typesense.Client({ nodes: [{ host: "ts.example.com", port: 443, protocol: "https" }], apiKey: event.secrets.TOKEN, numRetries: 0 });
console.log((await client.collections("users").documents().create({ id: "1", email: event.user.email })).id, (await client.collections("users").documents().search({ q: "jo", query_by: "email" })).found);
await client.collections("none").retrieve().catch((error) => console.log(error.name, error.httpStatus));
