// lists.addListMember
// 200 POST /mailchimp/ {"id":"m1"}
import mailchimp from "@mailchimp/mailchimp_marketing";

mailchimp.setConfig({ apiKey: event.secrets.TOKEN, server: "us1" });
mailchimp.lists.apiClient.basePath = `${event.secrets.URL}/mailchimp`;
const member = await mailchimp.lists.addListMember("list", { email_address: event.user.email, status: "subscribed" });
console.log(member.id);
