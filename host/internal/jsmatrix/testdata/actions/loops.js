// createContact, sendTransactionalEmail
// 200 POST app.loops.so/api/v1/contacts/create {"success":true,"id":"c1"}
import { LoopsClient } from "loops";

const loops = new LoopsClient(event.secrets.TOKEN);
console.log(await loops.createContact({ email: event.user.email, properties: { userId: event.user.user_id } }));
console.log(await loops.sendTransactionalEmail({ transactionalId: "t1", email: event.user.email, dataVariables: { name: "Jö" } }));
