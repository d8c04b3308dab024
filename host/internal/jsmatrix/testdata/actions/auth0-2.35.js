// version 2.35.0: AuthenticationClient.clientCredentialsGrant, assignRolestoUser with a token
// 200 POST acme.eu.auth0.com/oauth/token {"access_token":"at1","expires_in":3600,"token_type":"Bearer"}
// 204 POST acme.eu.auth0.com/api/v2/users/
import auth0 from "auth0-2.35";

const { AuthenticationClient, ManagementClient } = auth0;
const { access_token: token } = await new AuthenticationClient({ domain: "acme.eu.auth0.com", clientId: "id", clientSecret: event.secrets.TOKEN, telemetry: false }).clientCredentialsGrant({ audience: "https://acme.eu.auth0.com/api/v2/" });
await new ManagementClient({ domain: "acme.eu.auth0.com", token, telemetry: false }).assignRolestoUser({ id: event.user.user_id }, { roles: ["rol_1"] });
console.log(token);
