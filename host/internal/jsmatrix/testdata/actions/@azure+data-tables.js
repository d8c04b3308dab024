// createEntity, listEntities
// 204 POST acme.table.core.windows.net/users [ETag: e1]
// 200 GET acme.table.core.windows.net/users() {"value":[{"PartitionKey":"t","RowKey":"1","n":7}]}
import { AzureNamedKeyCredential, TableClient } from "@azure/data-tables";

const table = new TableClient("https://acme.table.core.windows.net", "users", new AzureNamedKeyCredential("acme", "c2VjcmV0"));
console.log((await table.createEntity({ partitionKey: "t", rowKey: "1", email: event.user.email })).etag);
for await (const entity of table.listEntities({ queryOptions: { filter: "n eq 7" } })) console.log(entity.rowKey, entity.n);
