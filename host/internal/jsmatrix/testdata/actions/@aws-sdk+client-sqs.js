// SendMessageCommand
// 200 POST /sqs {"MessageId":"m1"}
import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({ region: "eu-central-1", endpoint: `${event.secrets.URL}/sqs`, credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" }, md5: false });
const sent = await sqs.send(new SendMessageCommand({ QueueUrl: `${event.secrets.URL}/sqs`, MessageBody: JSON.stringify({ id: event.user.user_id }) }));
console.log(sent.MessageId);
