// items.create
// 200 GET acme.documents.azure.com/ {"_self":"","id":"acme","writableLocations":[{"name":"W","databaseAccountEndpoint":"https://acme.documents.azure.com/"}],"readableLocations":[{"name":"W","databaseAccountEndpoint":"https://acme.documents.azure.com/"}],"enableMultipleWriteLocations":false,"userConsistencyPolicy":{"defaultConsistencyLevel":"Session"}}
// 200 GET acme.documents.azure.com/dbs/d/colls/users {"id":"users","partitionKey":{"paths":["/id"],"kind":"Hash"},"_rid":"r","_self":"s"}
// 201 POST acme.documents.azure.com/dbs/d/colls/users/docs {"id":"1"}
import { CosmosClient } from "@azure/cosmos";

const client = new CosmosClient({ endpoint: "https://acme.documents.azure.com", key: "c2VjcmV0" });
console.log((await client.database("d").container("users").items.create({ id: "1", email: event.user.email })).resource.id);
client.dispose();
