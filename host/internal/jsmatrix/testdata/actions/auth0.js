// ManagementClient: a token by client credentials, users.update and users.get
const { ManagementClient } = require("auth0");

exports.onExecutePostUserRegistration = async (event) => {
  const management = new ManagementClient({
    domain: "tenant.example.com", clientId: "id", clientSecret: event.secrets.TOKEN, maxRetries: 0,
    fetch: (url, init) => fetch(String(url).replace("https://tenant.example.com", event.secrets.URL), init),
  });
  const user = await management.users.update(event.user.user_id, { app_metadata: { crm: "42" } });
  console.log(user.user_id);
  await management.users.get("auth0|missing").catch((error) => console.log(error.name, error.statusCode));
};
