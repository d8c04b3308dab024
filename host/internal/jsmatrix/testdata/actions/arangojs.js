// a document saved, the error of a collection that is not there
// 404 POST arango.example.com/_db/_system/_api/document/none {"error":true,"code":404,"errorNum":1203,"errorMessage":"collection not found"}
// 202 POST arango.example.com/_db/_system/_api/document/users {"_key":"1","_id":"users/1","_rev":"a"}
import { Database } from "arangojs";

const db = new Database({ url: "https://arango.example.com", auth: { username: "root", password: event.secrets.TOKEN } });
console.log((await db.collection("users").save({ email: event.user.email }))._key);
await db.collection("none").save({}).catch((error) => console.log(error.name, error.errorNum, error.message));
