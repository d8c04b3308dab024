// customer.create, the error of a wrong one
// 400 POST acme.chargebee.com/api/v2/customers ~nobody {"message":"email : invalid","type":"invalid_request","api_error_code":"param_wrong_value","http_status_code":400}
// 200 POST acme.chargebee.com/api/v2/customers {"customer":{"id":"c1","email":"jo@example.com"}}
import Chargebee from "chargebee";

const chargebee = new Chargebee({ site: "acme", apiKey: event.secrets.TOKEN });
console.log((await chargebee.customer.create({ email: event.user.email })).customer.id);
await chargebee.customer.create({ email: "nobody" }).catch((error) => console.log(error.api_error_code, error.message));
