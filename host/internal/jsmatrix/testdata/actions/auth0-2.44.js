// version 2.44.0: a token by client credentials, updateAppMetadata
// 200 POST acme.eu.auth0.com/oauth/token {"access_token":"at1","expires_in":3600,"token_type":"Bearer"}
// 200 PATCH acme.eu.auth0.com/api/v2/users/ {"user_id":"auth0|1"}
import auth0 from "auth0-2.44";

const { ManagementClient } = auth0;
const management = new ManagementClient({ domain: "acme.eu.auth0.com", clientId: "id", clientSecret: event.secrets.TOKEN, scope: "update:users", telemetry: false });
console.log((await management.updateAppMetadata({ id: event.user.user_id }, { plan: "free" })).user_id);
