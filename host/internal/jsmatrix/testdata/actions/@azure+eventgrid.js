// EventGridPublisherClient.send
// 200 POST users.westeurope-1.eventgrid.azure.net
import { AzureKeyCredential, EventGridPublisherClient } from "@azure/eventgrid";

const client = new EventGridPublisherClient("https://users.westeurope-1.eventgrid.azure.net/api/events", "EventGrid", new AzureKeyCredential(event.secrets.TOKEN));
await client.send([{ id: "1", eventType: "user.registered", subject: event.user.user_id, dataVersion: "1", eventTime: new Date("2026-01-01T00:00:00Z"), data: { email: event.user.email } }]);
console.log("sent");
