// Issuer.discover, a grant, an authorization URL
// 200 GET id.example.com/.well-known/openid-configuration {"issuer":"https://id.example.com","token_endpoint":"https://id.example.com/token","authorization_endpoint":"https://id.example.com/auth"}
// 200 POST id.example.com/token {"access_token":"at1","token_type":"bearer","expires_in":3600}
import { Issuer } from "openid-client-5";

const issuer = await Issuer.discover("https://id.example.com");
const client = new issuer.Client({ client_id: "id", client_secret: event.secrets.TOKEN });
console.log((await client.grant({ grant_type: "client_credentials" })).access_token, client.authorizationUrl({ scope: "openid", state: "s" }));
