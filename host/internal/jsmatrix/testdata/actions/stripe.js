// customers.create, the error of a refused charge, a webhook's signature
// 200 POST /v1/customers {"id":"cus_1","object":"customer"}
// 402 POST /v1/charges {"error":{"type":"card_error","code":"card_declined","message":"declined"}}
import Stripe from "stripe";

const { hostname, port } = new URL(event.secrets.URL);
const stripe = new Stripe(`sk_test_${event.secrets.TOKEN}`, { host: hostname, port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
const customer = await stripe.customers.create({ email: event.user.email, metadata: { user_id: event.user.user_id } });
console.log(customer.id);
await stripe.charges.create({ amount: 1, currency: "eur" }).catch((error) => console.log(error.type, error.statusCode, error.message));
const header = stripe.webhooks.generateTestHeaderString({ payload: "{}", secret: "whsec_1", timestamp: 1700000000 });
console.log(header);
