// version 3.7.2: ManagementClient.updateUser, the error of a user that is not there
// 200 POST acme.eu.auth0.com/oauth/token {"access_token":"at1","expires_in":3600,"token_type":"Bearer"}
// 404 GET acme.eu.auth0.com/api/v2/users/ {"statusCode":404,"error":"Not Found","message":"no such user","errorCode":"inexistent_user"}
// 200 PATCH acme.eu.auth0.com/api/v2/users/ {"user_id":"auth0|1"}
import { ManagementClient } from "auth0-3";

const management = new ManagementClient({ domain: "acme.eu.auth0.com", clientId: "id", clientSecret: event.secrets.TOKEN, telemetry: false });
console.log((await management.updateUser({ id: event.user.user_id }, { app_metadata: { plan: "free" } })).user_id);
await management.getUser({ id: "auth0|2" }).catch((error) => console.log(error.name, error.statusCode, error.message));
