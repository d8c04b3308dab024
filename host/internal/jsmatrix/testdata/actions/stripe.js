// customers.create, the error of a refused charge, a webhook's signature
const Stripe = require("stripe");

exports.onExecutePostUserRegistration = async (event) => {
  const { hostname, port } = new URL(event.secrets.URL);
  const stripe = new Stripe(`sk_test_${event.secrets.TOKEN}`, { host: hostname, port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
  const customer = await stripe.customers.create({ email: event.user.email, metadata: { user_id: event.user.user_id } });
  console.log(customer.id);
  await stripe.charges.create({ amount: 1, currency: "eur" }).catch((error) => console.log(error.type, error.statusCode, error.message));
  const header = stripe.webhooks.generateTestHeaderString({ payload: "{}", secret: "whsec_1", timestamp: 1700000000 });
  console.log(header);
};
