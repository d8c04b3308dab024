// Notifies a Slack channel of a new user, as most actions that use Slack do.
exports.onExecutePostUserRegistration = async (event) => {
  const { IncomingWebhook } = require("@slack/webhook");
  const webhook = new IncomingWebhook(event.secrets.URL);
  await webhook.send({ text: `New user: ${event.user.email}` });
};
