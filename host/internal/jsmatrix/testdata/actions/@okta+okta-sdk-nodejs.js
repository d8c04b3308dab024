// userApi.createUser
// 200 POST acme.okta.com/api/v1/users {"id":"00u1","profile":{"login":"jo@example.com"}}
import okta from "@okta/okta-sdk-nodejs";

const client = new okta.Client({ orgUrl: "https://acme.okta.com", token: event.secrets.TOKEN });
console.log((await client.userApi.createUser({ body: { profile: { login: event.user.email, email: event.user.email } } })).id);
