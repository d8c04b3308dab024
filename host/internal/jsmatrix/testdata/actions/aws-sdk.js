// version 2: SNS.publish, the error of a refused message
// 400 POST sns.us-east-1.amazonaws.com ~wrong <ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>no such topic</Message></Error><RequestId>r1</RequestId></ErrorResponse>
// 200 POST sns.us-east-1.amazonaws.com <PublishResponse><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>
import AWS from "aws-sdk";

const sns = new AWS.SNS({ region: "us-east-1", accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", maxRetries: 0 });
console.log((await sns.publish({ TopicArn: "arn:aws:sns:us-east-1:1:users", Message: event.user.email }).promise()).MessageId);
await sns.publish({ TopicArn: "arn:wrong", Message: "x" }).promise().catch((error) => console.log(error.code, error.statusCode, error.message));
