// insert, get, the error of a document that is not there
// 404 GET couch.example.com/users/none {"error":"not_found","reason":"missing"}
// 201 PUT couch.example.com/users {"ok":true,"id":"1","rev":"1-a"}
import nano from "nano";

const users = nano(`https://bot:${event.secrets.TOKEN}@couch.example.com`).use("users");
console.log((await users.insert({ email: event.user.email }, "1")).rev);
await users.get("none").catch((error) => console.log(error.statusCode, error.error, error.reason));
