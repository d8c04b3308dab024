// track with a callback, people.set
const Mixpanel = require("mixpanel");
const { promisify } = require("util");

exports.onExecutePostUserRegistration = async (event) => {
  const { host } = new URL(event.secrets.URL);
  const mixpanel = Mixpanel.init(event.secrets.TOKEN, { host, protocol: "http", keepAlive: false });
  await promisify(mixpanel.track.bind(mixpanel))("Signed Up", { distinct_id: event.user.user_id, time: 1700000000, $insert_id: "m1" });
  await new Promise((resolve) => mixpanel.people.set(event.user.user_id, { $email: event.user.email }, resolve));
  console.log("sent");
};
