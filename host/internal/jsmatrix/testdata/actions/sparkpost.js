// transmissions.send, the error of a wrong address
// 422 POST /api/v1/transmissions ~nobody {"errors":[{"message":"invalid"}]}
// 200 POST /api/v1/transmissions {"results":{"id":"t1"}}
import SparkPost from "sparkpost";

const client = new SparkPost(event.secrets.TOKEN, { origin: "http://api.sparkpost.com" });
const mail = (to) => ({ content: { from: "hello@example.com", subject: "Welcome", text: "Hello" }, recipients: [{ address: to }] });
console.log((await client.transmissions.send(mail(event.user.email))).results.id);
await client.transmissions.send(mail("nobody")).catch((error) => console.log(error.name, error.statusCode));
