// Asks a service whether an address is disposable.
exports.onExecutePreUserRegistration = async (event, api) => {
  const response = await fetch(`${event.secrets.URL}?email=${encodeURIComponent(event.user.email)}`);
  if ((await response.text()) !== "ok") api.access.deny("disposable_email", "Please use another address.");
};
