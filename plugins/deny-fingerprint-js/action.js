// This action refuses a registration when the TLS fingerprint of the client is on a list.

const denied = new Set([
  "t13d190900_9dc949149365_97f8aa674fd9", // a JA4 of scripts that filled our forms
  "t13d311200_e8f1e7e78f70_d41ae481755e",
  "e7d705a3286e19ea42f587b344ee6865", // a JA3
]);

/** @type {import("usher-actions").PreUserRegistrationHandler} */
exports.onExecutePreUserRegistration = async (event, api) => {
  // A sender without fingerprints leaves security_context out: that is no reason to refuse.
  const { ja3, ja4 } = event.security_context ?? {};
  const found = [ja4, ja3].find((fingerprint) => denied.has(fingerprint));
  if (!found) return;
  console.log(`refused ${found} from ${event.request.ip}`);
  api.access.deny("denied_fingerprint", "You can't sign up from this device. Please contact our support.");
};
