// the old client: index, search
// 200 POST es.example.com/users/_search {"hits":{"total":1,"hits":[]}}
// 201 PUT es.example.com/users {"result":"created"}
import elasticsearch from "elasticsearch";

const es = new elasticsearch.Client({ host: "http://es.example.com", log: [], apiVersion: "7.x", maxRetries: 0 });
console.log((await es.index({ index: "users", type: "_doc", id: "1", body: { email: event.user.email } })).result);
console.log((await es.search({ index: "users", body: { query: { match_all: {} } } })).hits.total);
