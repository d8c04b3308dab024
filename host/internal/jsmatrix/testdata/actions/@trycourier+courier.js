// send.message
// 202 POST api.courier.com/send {"requestId":"r1"}
import Courier from "@trycourier/courier"; // .default

const courier = new Courier({ apiKey: event.secrets.TOKEN });
console.log((await courier.send.message({ message: { to: { email: event.user.email }, content: { title: "Welcome", body: "Hello" } } })).requestId);
