// users.createUser, the error of an address that is taken
// 422 POST api.clerk.com/v1/users ~twice {"errors":[{"code":"form_identifier_exists","message":"taken"}],"clerk_trace_id":"t"}
// 200 POST api.clerk.com/v1/users {"object":"user","id":"user_1","email_addresses":[],"phone_numbers":[],"web3_wallets":[],"external_accounts":[],"saml_accounts":[],"public_metadata":{}}
import { createClerkClient } from "@clerk/backend";

const clerk = createClerkClient({ secretKey: "sk_test_x", telemetry: { disabled: true } });
console.log((await clerk.users.createUser({ emailAddress: [event.user.email] })).id);
await clerk.users.createUser({ emailAddress: ["twice@example.com"] }).catch((error) => console.log(error.status, error.errors[0].code));
