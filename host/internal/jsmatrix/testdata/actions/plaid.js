// linkTokenCreate, the error of wrong keys
// 400 POST sandbox.plaid.com/item/get {"error_code":"INVALID_API_KEYS"}
// 200 POST sandbox.plaid.com/link/token/create {"link_token":"link-1"}
import { Configuration, PlaidApi, PlaidEnvironments } from "plaid";

const plaid = new PlaidApi(new Configuration({ basePath: PlaidEnvironments.sandbox, baseOptions: { headers: { "PLAID-CLIENT-ID": "id", "PLAID-SECRET": event.secrets.TOKEN } } }));
console.log((await plaid.linkTokenCreate({ user: { client_user_id: event.user.user_id }, client_name: "Usher", products: ["auth"], country_codes: ["US"], language: "en" })).data.link_token);
await plaid.itemGet({ access_token: "x" }).catch((error) => console.log(error.response.status, error.response.data.error_code));
