// api.sendMessage, the error of a chat that is not there
// 400 POST api.telegram.org ~"chat_id":2 {"ok":false,"error_code":400,"description":"Bad Request: chat not found"}
// 200 POST api.telegram.org {"ok":true,"result":{"message_id":7}}
import { Api } from "grammy";

const api = new Api("1:abc");
console.log((await api.sendMessage(1, `Hello ${event.user.email}`)).message_id);
await api.sendMessage(2, "x").catch((error) => console.log(error.error_code, error.message));
