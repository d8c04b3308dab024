const { Client } = require("deep");

async function notify(text) {
  const client = new Client({ key: "k" });
  const sent = await client.send(text);
  return sent;
}
exports.onExecutePostUserRegistration = async () => {
  await notify("x");
};
