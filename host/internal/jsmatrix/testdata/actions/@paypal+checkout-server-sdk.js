// an order: a token, create
// 200 POST api.sandbox.paypal.com/v1/oauth2/token {"access_token":"at","token_type":"Bearer","expires_in":3600}
// 201 POST api.sandbox.paypal.com/v2/checkout/orders {"id":"o1","status":"CREATED"}
import paypal from "@paypal/checkout-server-sdk";

const client = new paypal.core.PayPalHttpClient(new paypal.core.SandboxEnvironment("id", event.secrets.TOKEN));
const request = new paypal.orders.OrdersCreateRequest();
request.requestBody({ intent: "CAPTURE", purchase_units: [{ amount: { currency_code: "EUR", value: "1.00" } }] });
console.log((await client.execute(request)).result.id);
