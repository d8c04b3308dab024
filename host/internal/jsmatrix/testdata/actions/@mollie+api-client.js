// customers.create, the error of a payment without an amount
// 422 POST api.mollie.com/v2/payments {"status":422,"title":"Unprocessable Entity","detail":"amount is missing","field":"amount"}
// 201 POST api.mollie.com:443/v2/customers {"resource":"customer","id":"cst_1","_links":{}}
// 201 POST api.mollie.com/v2/customers {"resource":"customer","id":"cst_1","_links":{}}
import { createMollieClient } from "@mollie/api-client";

const mollie = createMollieClient({ apiKey: "test_abcdefghijklmnopqrstuvwxyz1234" });
console.log((await mollie.customers.create({ email: event.user.email, name: "Jö" })).id);
await mollie.payments.create({ description: "x" }).catch((error) => console.log(error.statusCode, error.field, error.message));
