// getSecret with a credential of its own
// 401 GET acme.vault.azure.net/secrets/key ! [WWW-Authenticate: Bearer authorization="https://login.microsoftonline.com/tenant", resource="https://vault.azure.net"]
// 200 GET acme.vault.azure.net/secrets/key {"value":"shh","id":"https://acme.vault.azure.net/secrets/key/1","attributes":{"enabled":true}}
import { SecretClient } from "@azure/keyvault-secrets";

const client = new SecretClient("https://acme.vault.azure.net", { getToken: async () => ({ token: event.secrets.TOKEN, expiresOnTimestamp: Date.now() + 3600000 }) });
console.log((await client.getSecret("key")).value);
