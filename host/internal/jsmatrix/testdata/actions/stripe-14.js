// customers.create, list, the error of a refused charge
// without "uname":"[^"]*",
// 402 POST api.stripe.com/v1/charges {"error":{"type":"card_error","code":"card_declined","message":"declined"}}
// 200 POST api.stripe.com/v1/customers {"id":"cus_1","object":"customer"}
// 200 GET api.stripe.com/v1/customers {"object":"list","data":[{"id":"cus_1"}],"has_more":false}
import Stripe from "stripe-14";

const stripe = new Stripe(`sk_test_${event.secrets.TOKEN}`, { maxNetworkRetries: 0, telemetry: false });
console.log((await stripe.customers.create({ email: event.user.email, metadata: { user_id: event.user.user_id } })).id);
console.log((await stripe.customers.list({ limit: 1 })).data.length);
await stripe.charges.create({ amount: 1, currency: "eur" }).catch((error) => console.log(error.type, error.statusCode, error.message));
