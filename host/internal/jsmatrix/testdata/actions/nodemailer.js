// sendMail over SMTP
const nodemailer = require("nodemailer");

exports.onExecutePostUserRegistration = async (event) => {
  const transport = nodemailer.createTransport({ host: "127.0.0.1", port: 587 });
  await transport.sendMail({ from: "hello@example.com", to: event.user.email, subject: "Welcome", text: "Hello" });
};
