// discovery, client credentials
// 200 GET id.example.com/.well-known/openid-configuration {"issuer":"https://id.example.com","token_endpoint":"https://id.example.com/token","authorization_endpoint":"https://id.example.com/auth"}
// 200 POST id.example.com/token {"access_token":"at1","token_type":"bearer","expires_in":3600}
import * as client from "openid-client";

const config = await client.discovery(new URL("https://id.example.com"), "id", event.secrets.TOKEN);
console.log((await client.clientCredentialsGrant(config, { scope: "users" })).access_token);
console.log(client.buildAuthorizationUrl(config, { redirect_uri: "https://a.example.com/cb", state: "s" }).href);
