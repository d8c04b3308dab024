// This action posts every new user to a Slack channel.

/** @type {import("usher-actions").PostUserRegistrationHandler} */
exports.onExecutePostUserRegistration = async (event) => {
  const { IncomingWebhook } = require("@slack/webhook");
  const slack = new IncomingWebhook(event.secrets.SLACK_WEBHOOK_URL);

  // Nothing waits for Slack: the run goes on until the message is delivered, and
  // a failure is a warning in its log. With await, it would fail the run.
  slack.send({ text: text(event.user) });
};

// Slack reads <, > and & as markup: a user named <!channel> would call everybody.
function text({ user_id, email, name }) {
  const who = email ?? user_id;
  const line = name ? `New user: ${who} (${name})` : `New user: ${who}`;
  return line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
