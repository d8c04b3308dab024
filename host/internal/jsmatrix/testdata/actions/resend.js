// emails.send, the error of a mail that is not there
// 200 POST /resend/ {"id":"e1"}
// 404 GET /resend/emails {"statusCode":404,"name":"not_found","message":"not found"}
import { Resend } from "resend";

const resend = new Resend(event.secrets.TOKEN, { baseUrl: `${event.secrets.URL}/resend` });
const { data, error } = await resend.emails.send({ from: "hello@example.com", to: event.user.email, subject: "Welcome", text: "Hello" });
console.log(data, error);
console.log((await resend.emails.get("e2")).error);
