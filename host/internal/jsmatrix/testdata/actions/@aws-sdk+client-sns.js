// PublishCommand, the error of a topic that is not there
// 404 POST sns.us-east-1.amazonaws.com ~wrong <ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>NotFound</Code><Message>no such topic</Message></Error><RequestId>r1</RequestId></ErrorResponse>
// 200 POST sns.us-east-1.amazonaws.com <PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m1</MessageId></PublishResult><ResponseMetadata><RequestId>r1</RequestId></ResponseMetadata></PublishResponse>
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";

const sns = new SNSClient({ region: "us-east-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log((await sns.send(new PublishCommand({ TopicArn: "arn:aws:sns:us-east-1:1:users", Message: event.user.email }))).MessageId);
await sns.send(new PublishCommand({ TopicArn: "arn:wrong", Message: "x" })).catch((error) => console.log(error.name, error.message, error.$metadata.httpStatusCode));
