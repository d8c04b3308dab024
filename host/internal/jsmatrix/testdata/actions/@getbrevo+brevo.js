// contacts.createContact, transactionalEmails.sendTransacEmail
// 201 POST api.brevo.com/v3/contacts {"id":7}
// 201 POST api.brevo.com/v3/smtp/email {"messageId":"m1"}
import { BrevoClient } from "@getbrevo/brevo";

const brevo = new BrevoClient({ apiKey: event.secrets.TOKEN });
console.log((await brevo.contacts.createContact({ email: event.user.email, updateEnabled: true })).id);
console.log((await brevo.transactionalEmails.sendTransacEmail({ sender: { email: "hello@example.com" }, to: [{ email: event.user.email }], subject: "Welcome", textContent: "Hello" })).messageId);
