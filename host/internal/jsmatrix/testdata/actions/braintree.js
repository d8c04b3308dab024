// customer.create
// 201 POST api.sandbox.braintreegateway.com <?xml version="1.0"?><customer><id>c1</id><email>jo@example.com</email></customer>
import braintree from "braintree";

const gateway = new braintree.BraintreeGateway({ environment: braintree.Environment.Sandbox, merchantId: "m", publicKey: "p", privateKey: event.secrets.TOKEN });
const made = await gateway.customer.create({ email: event.user.email, firstName: "Jö" });
console.log(made.success, made.customer.id);
