// PutEventsCommand
// 200 POST events.eu-central-1.amazonaws.com {"FailedEntryCount":0,"Entries":[{"EventId":"e1"}]}
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

const bus = new EventBridgeClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log((await bus.send(new PutEventsCommand({ Entries: [{ Source: "usher", DetailType: "user.registered", Detail: JSON.stringify(event.user) }] }))).Entries);
