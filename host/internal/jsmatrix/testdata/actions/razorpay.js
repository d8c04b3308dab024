// customers.create, a webhook's signature
// 200 POST api.razorpay.com/v1/customers {"id":"cust_1"}
import Razorpay from "razorpay";

const razorpay = new Razorpay({ key_id: "key", key_secret: event.secrets.TOKEN });
console.log((await razorpay.customers.create({ email: event.user.email, name: "Jö" })).id);
console.log(Razorpay.validateWebhookSignature("{}", "00", "secret"));
