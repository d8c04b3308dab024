// JSON both ways
// 201 POST /users {"id":"1"}
import phin from "phin";

const answer = await (phin.phin ?? phin)({ url: `${event.secrets.URL}/users`, method: "POST", data: { email: event.user.email }, parse: "json" });
console.log(answer.statusCode, answer.body);
