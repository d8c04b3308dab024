// beginSend
// 202 POST acme.communication.azure.com/emails:send [Operation-Location: https://acme.communication.azure.com/emails/operations/o1] {"id":"o1","status":"Running"}
// 200 GET acme.communication.azure.com/emails/operations/o1 {"id":"o1","status":"Succeeded"}
import { EmailClient } from "@azure/communication-email";

const client = new EmailClient("endpoint=https://acme.communication.azure.com;accesskey=c2VjcmV0");
const poller = await client.beginSend({ senderAddress: "hello@example.com", content: { subject: "Welcome", plainText: "Hello" }, recipients: { to: [{ address: event.user.email }] } }, { updateIntervalInMs: 1 });
console.log((await poller.pollUntilDone()).status);
