// A token by client credentials, then a POST with it.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event, api) => {
  const { BASE, KEY } = event.secrets;
  const options = { method: "POST", url: `${BASE}/token`, headers: { "content-type": "application/x-www-form-urlencoded" },
    data: new URLSearchParams({ grant_type: "client_credentials", client_id: "id", client_secret: KEY, audience: `${BASE}/api/` }) };
  const { access_token } = (await axios.request(options)).data;
  const response = await axios({ method: "post", url: `${BASE}/contacts`, params: { source: "signup", tag: ["a", "b c"] },
    data: event.user, headers: { Authorization: "Bearer " + access_token, "X-Custom": "1" } });
  console.log("contact", response.status, response.data, response.headers["content-type"]);
};
