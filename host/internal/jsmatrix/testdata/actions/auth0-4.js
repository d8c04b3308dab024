// ManagementClient: a token by client credentials, users.update and users.get
const { ManagementClient } = require("auth0-4");

exports.onExecutePostUserRegistration = async (event) => {
  const management = new ManagementClient({
    domain: "tenant.example.com", clientId: "id", clientSecret: event.secrets.TOKEN, retry: { enabled: false },
    fetch: (url, init) => fetch(String(url).replace("https://tenant.example.com", event.secrets.URL), init),
  });
  const { data } = await management.users.update({ id: event.user.user_id }, { app_metadata: { crm: "42" } });
  console.log(data.user_id);
  await management.users.get({ id: "auth0|missing" }).catch((error) => console.log(error.name, error.statusCode));
};
