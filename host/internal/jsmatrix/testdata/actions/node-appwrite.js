// users.create, the error of one that is there
// 409 POST cloud.appwrite.io/v1/users ~twice {"message":"exists","code":409,"type":"user_already_exists"}
// 201 POST cloud.appwrite.io/v1/users {"$id":"u1"}
import { Client, ID, Users } from "node-appwrite";

const users = new Users(new Client().setEndpoint("https://cloud.appwrite.io/v1").setProject("p").setKey(event.secrets.TOKEN));
console.log((await users.create("u1", event.user.email)).$id, ID.custom("x"));
await users.create("u2", "twice@example.com").catch((error) => console.log(error.name, error.code, error.type));
