// createAccount
// 201 POST v3.recurly.com/accounts {"id":"a1","object":"account","code":"auth0|1"}
import recurly from "recurly";

const client = new recurly.Client(event.secrets.TOKEN);
console.log((await client.createAccount({ code: event.user.user_id, email: event.user.email })).id);
