// sendMail over SMTP
import nodemailer from "nodemailer";

const transport = nodemailer.createTransport({ host: "127.0.0.1", port: 587 });
await transport.sendMail({ from: "hello@example.com", to: event.user.email, subject: "Welcome", text: "Hello" });
