// a message to a channel, the error of a channel that is not there
// 404 POST discord.com/api/v10/channels/2 {"code":10003,"message":"Unknown Channel"}
// 200 POST discord.com/api/v10/channels/1 {"id":"7"}
import { REST } from "@discordjs/rest";

const rest = new REST({ version: "10", retries: 0 }).setToken(event.secrets.TOKEN);
console.log(await rest.post("/channels/1/messages", { body: { content: `Hello ${event.user.email}` } }));
await rest.post("/channels/2/messages", { body: { content: "x" } }).catch((error) => console.log(error.name, error.code, error.status));
