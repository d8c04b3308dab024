// crm.contacts: create, and the error of a contact that is there
const { Client } = require("@hubspot/api-client");

exports.onExecutePostUserRegistration = async (event) => {
  const hubspot = new Client({ accessToken: event.secrets.TOKEN, basePath: `${event.secrets.URL}/hubspot` });
  const made = await hubspot.crm.contacts.basicApi.create({ properties: { email: event.user.email }, associations: [] });
  console.log(made.id);
  await hubspot.crm.contacts.basicApi.getById("missing").catch((error) => console.log(error.code));
};
