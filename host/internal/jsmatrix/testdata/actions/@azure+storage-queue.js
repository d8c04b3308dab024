// sendMessage with a connection string, the error of a queue that is not there
// 404 POST acme.queue.core.windows.net/none <?xml version="1.0" encoding="utf-8"?><Error><Code>QueueNotFound</Code><Message>no such queue</Message></Error>
// 201 POST acme.queue.core.windows.net/users/messages <?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage><MessageId>m1</MessageId><InsertionTime>Thu, 01 Jan 2026 00:00:00 GMT</InsertionTime><ExpirationTime>Thu, 08 Jan 2026 00:00:00 GMT</ExpirationTime><PopReceipt>p</PopReceipt><TimeNextVisible>Thu, 01 Jan 2026 00:00:00 GMT</TimeNextVisible></QueueMessage></QueueMessagesList>
import { QueueServiceClient } from "@azure/storage-queue";

const service = QueueServiceClient.fromConnectionString("DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net");
console.log((await service.getQueueClient("users").sendMessage(Buffer.from(event.user.email).toString("base64"))).messageId);
await service.getQueueClient("none").sendMessage("x").catch((error) => console.log(error.name, error.statusCode, error.code));
