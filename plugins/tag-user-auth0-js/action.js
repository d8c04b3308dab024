// This action notes in Auth0 itself where a user registered: a machine-to-machine
// application's token, then the user's app_metadata.
const { ManagementClient } = require("auth0");

/** @type {import("usher-actions").PostUserRegistrationHandler} */
exports.onExecutePostUserRegistration = async (event) => {
  const { user, connection, request, secrets } = event;
  const management = new ManagementClient({
    domain: secrets.AUTH0_DOMAIN,
    clientId: secrets.AUTH0_CLIENT_ID,
    clientSecret: secrets.AUTH0_CLIENT_SECRET,
  });
  await management.users.update(user.user_id, {
    app_metadata: { registered: { with: connection?.name ?? null, from: request?.geoip?.countryCode ?? null } },
  });
  console.log(`${user.user_id} is tagged`);
};
