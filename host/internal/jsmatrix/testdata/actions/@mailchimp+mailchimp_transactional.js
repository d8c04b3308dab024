// messages.send
// 200 POST mandrillapp.com/api/1.0/messages/send [{"_id":"m1","status":"sent"}]
import mailchimp from "@mailchimp/mailchimp_transactional";

const client = mailchimp(event.secrets.TOKEN);
console.log(await client.messages.send({ message: { from_email: "hello@example.com", to: [{ email: event.user.email }], subject: "Welcome", text: "Hello" } }));
