// identify, track, closeAndFlush
const { Analytics } = require("@segment/analytics-node");

exports.onExecutePostUserRegistration = async (event) => {
  const analytics = new Analytics({ writeKey: event.secrets.TOKEN, host: event.secrets.URL, path: "/segment", flushAt: 2, maxRetries: 0 });
  analytics.identify({ userId: event.user.user_id, traits: { email: event.user.email }, messageId: "m1", timestamp: new Date(0) });
  analytics.track({ userId: event.user.user_id, event: "Signed Up", messageId: "m2", timestamp: new Date(0) });
  await analytics.closeAndFlush();
  console.log("flushed");
};
