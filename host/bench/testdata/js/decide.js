// Denies a registration by the fingerprint of the TLS client.
const denied = new Set(["t13d190900_9dc949149365_97f8aa674fd9", "t13d311200_e8f1e7e78f70_d41ae481755e"]);

exports.onExecutePreUserRegistration = async (event, api) => {
  const { ja4 } = event.security_context ?? {};
  if (denied.has(ja4)) api.access.deny("denied_fingerprint", "You can't sign up from this device.");
};
