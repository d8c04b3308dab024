// saveObject, search
// 201 PUT /1/indexes/users/1 {"updatedAt":"x","taskID":1,"objectID":"1"}
// 201 POST /1/indexes/users {"createdAt":"x","taskID":1,"objectID":"1"}
// 200 POST /1/indexes/*/queries {"results":[{"hits":[],"nbHits":0}]}
import { algoliasearch } from "algoliasearch";

const client = algoliasearch("APP", event.secrets.TOKEN);
console.log((await client.saveObject({ indexName: "users", body: { objectID: "1", email: event.user.email } })).taskID);
console.log((await client.search({ requests: [{ indexName: "users", query: "jo" }] })).results.length);
