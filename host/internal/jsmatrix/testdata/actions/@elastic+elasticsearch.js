// index, search, the error of an index that is not there
// 404 GET /none [X-Elastic-Product: Elasticsearch] {"error":{"type":"index_not_found_exception","reason":"no such index"},"status":404}
// 200 POST es.example.com/users/_search [X-Elastic-Product: Elasticsearch] {"hits":{"total":{"value":1},"hits":[]}}
// 201 PUT es.example.com/users/_doc [X-Elastic-Product: Elasticsearch] {"result":"created"}
import { Client } from "@elastic/elasticsearch";

const es = new Client({ node: "https://es.example.com", auth: { apiKey: event.secrets.TOKEN }, maxRetries: 0 });
console.log((await es.index({ index: "users", id: "1", document: { email: event.user.email } })).result);
console.log((await es.search({ index: "users", query: { match_all: {} } })).hits.total);
await es.get({ index: "none", id: "1" }).catch((error) => console.log(error.name, error.statusCode ?? error.message));
