// ClientCredentials.getToken, the error of wrong keys
// 401 POST id.example.com/token ~scope=no {"error":"invalid_client"}
// 200 POST id.example.com/token {"access_token":"at1","expires_in":3600}
import { ClientCredentials } from "simple-oauth2";

const client = new ClientCredentials({ client: { id: "id", secret: event.secrets.TOKEN }, auth: { tokenHost: "https://id.example.com", tokenPath: "/token" } });
const token = await client.getToken({ scope: "users" });
console.log(token.token.access_token, token.expired());
await client.getToken({ scope: "no" }).catch((error) => console.log(error.message, error.output?.statusCode));
