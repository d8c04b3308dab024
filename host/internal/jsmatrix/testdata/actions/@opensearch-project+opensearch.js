// index, the error of an index that is not there
// 404 GET os.example.com/none {"error":{"type":"index_not_found_exception"},"status":404}
// 201 PUT os.example.com/users/_doc {"result":"created"}
import { Client } from "@opensearch-project/opensearch";

const os = new Client({ node: "https://os.example.com", auth: { username: "u", password: event.secrets.TOKEN }, maxRetries: 0 });
console.log((await os.index({ index: "users", id: "1", body: { email: event.user.email } })).body.result);
await os.get({ index: "none", id: "1" }).catch((error) => console.log(error.name, error.statusCode));
