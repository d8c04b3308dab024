// upsertUser, createToken
// 201 POST chat.stream-io-api.com/users {"users":{"u1":{"id":"u1"}}}
import { StreamChat } from "stream-chat";

const client = StreamChat.getInstance("key", "secret");
console.log(client.createToken("u1").split(".")[1]);
console.log((await client.upsertUser({ id: "u1", email: event.user.email })).users.u1.id);
