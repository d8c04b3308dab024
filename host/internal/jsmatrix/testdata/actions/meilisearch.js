// addDocuments, search, the error of an index that is not there
// 404 GET meili.example.com/indexes/none {"message":"not found","code":"index_not_found","type":"invalid_request","link":""}
// 202 POST meili.example.com/indexes/users/documents {"taskUid":1,"indexUid":"users","status":"enqueued","type":"documentAdditionOrUpdate","enqueuedAt":"2026-01-01T00:00:00Z"}
// 200 POST meili.example.com/indexes/users/search {"hits":[{"id":1}],"query":"jo"}
import { Meilisearch } from "meilisearch";

const client = new Meilisearch({ host: "https://meili.example.com", apiKey: event.secrets.TOKEN });
console.log((await client.index("users").addDocuments([{ id: 1, email: event.user.email }])).taskUid, (await client.index("users").search("jo")).hits);
await client.getIndex("none").catch((error) => console.log(error.name, error.cause?.code));
