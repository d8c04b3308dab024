// InvokeCommand with the environment's region and keys
// 200 POST lambda.us-east-1.amazonaws.com/2015-03-31/functions/welcome/invocations {"ok":true}
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";

Object.assign(process.env, { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" });
const answer = await new LambdaClient({}).send(new InvokeCommand({ FunctionName: "welcome", Payload: JSON.stringify({ id: event.user.user_id }) }));
console.log(answer.StatusCode, Buffer.from(answer.Payload).toString());
