exports.onExecutePreUserRegistration = async (event, api) => {
  if (event.user.email.endsWith(event.secrets.DENIED)) api.access.deny("on the list", "Please use another address.");
};
