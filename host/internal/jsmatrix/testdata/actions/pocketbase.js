// collection().create, the error of a wrong record
// 400 POST pb.example.com/api/collections/none {"code":400,"message":"Failed to create record.","data":{}}
// 200 POST pb.example.com/api/collections/users {"id":"r1","email":"jo@example.com"}
import PocketBase from "pocketbase"; // .default

const pb = new PocketBase("https://pb.example.com");
console.log((await pb.collection("users").create({ email: event.user.email })).id);
await pb.collection("none").create({}).catch((error) => console.log(error.name, error.status, error.message));
