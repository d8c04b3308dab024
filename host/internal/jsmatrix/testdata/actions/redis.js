// createClient, connect
const { createClient } = require("redis");

exports.onExecutePostUserRegistration = async () => {
  const client = createClient({ url: "redis://127.0.0.1:6379" });
  client.on("error", () => {});
  await client.connect();
};
