// lists.addListMember
const mailchimp = require("@mailchimp/mailchimp_marketing");

exports.onExecutePostUserRegistration = async (event) => {
  mailchimp.setConfig({ apiKey: event.secrets.TOKEN, server: "us1" });
  mailchimp.lists.apiClient.basePath = `${event.secrets.URL}/mailchimp`;
  const member = await mailchimp.lists.addListMember("list", { email_address: event.user.email, status: "subscribed" });
  console.log(member.id);
};
