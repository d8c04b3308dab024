// request and fetch
const { request, fetch } = require("undici");

exports.onExecutePostUserRegistration = async (event) => {
  const { statusCode, body } = await request(`${event.secrets.URL}/users`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(event.user) });
  console.log(statusCode, await body.json());
  console.log((await fetch(`${event.secrets.URL}/text`)).status);
};
