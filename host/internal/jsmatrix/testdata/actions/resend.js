// emails.send, the error of a mail that is not there
const { Resend } = require("resend");

exports.onExecutePostUserRegistration = async (event) => {
  const resend = new Resend(event.secrets.TOKEN, { baseUrl: `${event.secrets.URL}/resend` });
  const { data, error } = await resend.emails.send({ from: "hello@example.com", to: event.user.email, subject: "Welcome", text: "Hello" });
  console.log(data, error);
  console.log((await resend.emails.get("e2")).error);
};
