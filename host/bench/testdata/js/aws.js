// Puts a message about a new user into a queue.
const { SendMessageCommand, SQSClient } = require("@aws-sdk/client-sqs");

exports.onExecutePostUserRegistration = async (event) => {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const client = new SQSClient({ region: "eu-central-1", endpoint: event.secrets.URL, credentials });
  const message = { QueueUrl: event.secrets.URL, MessageBody: JSON.stringify({ user_id: event.user.user_id }) };
  const sent = await client.send(new SendMessageCommand(message));
  client.destroy();
  if (!sent.MessageId) throw new Error("the queue named no message");
};
