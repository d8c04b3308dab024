// ManagementClient: a token by client credentials, users.update and users.get
// 200 POST /oauth/token {"access_token":"at1","expires_in":3600,"token_type":"Bearer"}
// 200 PATCH /api/v2/users/ {"user_id":"auth0|1"}
// 404 GET /api/v2/users/ {"statusCode":404,"error":"Not Found","message":"no such user","errorCode":"inexistent_user"}
import { ManagementClient } from "auth0-4";

const management = new ManagementClient({
  domain: "tenant.example.com", clientId: "id", clientSecret: event.secrets.TOKEN, retry: { enabled: false },
  fetch: (url, init) => fetch(String(url).replace("https://tenant.example.com", event.secrets.URL), init),
});
const { data } = await management.users.update({ id: event.user.user_id }, { app_metadata: { crm: "42" } });
console.log(data.user_id);
await management.users.get({ id: "auth0|missing" }).catch((error) => console.log(error.name, error.statusCode));
