// StartExecutionCommand
// 200 POST states.eu-central-1.amazonaws.com {"executionArn":"arn:e1","startDate":1700000000}
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";

const client = new SFNClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log(await client.send(new StartExecutionCommand({ stateMachineArn: "arn:aws:states:1:m", input: JSON.stringify(event.user) })).then((r) => [r.executionArn, r.startDate.toISOString()]));
