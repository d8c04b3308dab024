// createCustomer
// 201 POST api.lemonsqueezy.com/v1/customers {"data":{"id":"1","type":"customers"}}
import { createCustomer, lemonSqueezySetup } from "@lemonsqueezy/lemonsqueezy.js";

lemonSqueezySetup({ apiKey: event.secrets.TOKEN });
const made = await createCustomer(1, { name: "Jö", email: event.user.email });
console.log(made.statusCode, made.data.data.id, made.error);
