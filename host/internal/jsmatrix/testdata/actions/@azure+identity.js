// ClientSecretCredential.getToken
// 200 GET login.microsoftonline.com/common/discovery/instance {"tenant_discovery_endpoint":"https://login.microsoftonline.com/tenant/v2.0/.well-known/openid-configuration","api-version":"1.1","metadata":[{"preferred_network":"login.microsoftonline.com","preferred_cache":"login.windows.net","aliases":["login.microsoftonline.com","login.windows.net"]}]}
// 200 GET login.microsoftonline.com/tenant/v2.0/.well-known {"token_endpoint":"https://login.microsoftonline.com/tenant/oauth2/v2.0/token","issuer":"https://login.microsoftonline.com/tenant/v2.0","authorization_endpoint":"https://login.microsoftonline.com/tenant/oauth2/v2.0/authorize","end_session_endpoint":"https://login.microsoftonline.com/x","jwks_uri":"https://login.microsoftonline.com/k"}
// 200 POST login.microsoftonline.com/tenant/oauth2/v2.0/token {"token_type":"Bearer","expires_in":3600,"access_token":"at1"}
import { ClientSecretCredential } from "@azure/identity";

console.log((await new ClientSecretCredential("tenant", "client", event.secrets.TOKEN).getToken("https://graph.microsoft.com/.default")).token);
