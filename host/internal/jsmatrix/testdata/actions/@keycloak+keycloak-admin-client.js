// auth, users.create
// 200 POST id.example.com/realms/master/protocol/openid-connect/token {"access_token":"at1","refresh_token":"r","expires_in":60}
// 201 POST id.example.com/admin/realms/master/users [Location: https://id.example.com/admin/realms/master/users/u1]
import KcAdminClient from "@keycloak/keycloak-admin-client"; // .default

const client = new KcAdminClient({ baseUrl: "https://id.example.com", realmName: "master" });
await client.auth({ grantType: "client_credentials", clientId: "id", clientSecret: event.secrets.TOKEN });
console.log(await client.users.create({ username: "jo", email: event.user.email }));
