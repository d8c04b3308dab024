// OAuth2Client: a token for a code, a request with it
// 200 POST /oauth/token {"access_token":"at1","expires_in":3600,"token_type":"Bearer"}
// 201 POST /users {"id":"1","ok":true}
import { OAuth2Client } from "google-auth-library";

const client = new OAuth2Client({ clientId: "id", clientSecret: "secret", redirectUri: "https://example.com", endpoints: { oauth2TokenUrl: `${event.secrets.URL}/oauth/token` } });
const { tokens } = await client.getToken("code");
client.setCredentials(tokens);
console.log(tokens.access_token);
const answer = await client.request({ url: `${event.secrets.URL}/users`, method: "POST", data: { id: event.user.user_id } });
console.log(answer.status, answer.data);
