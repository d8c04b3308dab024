// PutRecordCommand
// 200 POST firehose.eu-central-1.amazonaws.com {"RecordId":"r1"}
import { FirehoseClient, PutRecordCommand } from "@aws-sdk/client-firehose";

const client = new FirehoseClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log((await client.send(new PutRecordCommand({ DeliveryStreamName: "users", Record: { Data: Buffer.from(event.user.email + "\n") } }))).RecordId);
