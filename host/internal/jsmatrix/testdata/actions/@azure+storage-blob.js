// upload, download
// 201 PUT acme.blob.core.windows.net/users/a.json [ETag: "e1"]
// 200 GET acme.blob.core.windows.net/users/a.json [ETag: "e2"] {"id":1}
import { BlobServiceClient } from "@azure/storage-blob";

const container = BlobServiceClient.fromConnectionString("DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net").getContainerClient("users");
const body = JSON.stringify(event.user);
console.log((await container.getBlockBlobClient("a.json").upload(body, body.length)).etag);
console.log((await container.getBlockBlobClient("a.json").downloadToBuffer()).toString());
