// It is called before a user is created, while the visitor waits. It may deny the
// registration or add metadata. When it throws, the binding's setting on_failure
// says whether the user may register; it is not tried again.

/** @type {import("usher-actions").PreUserRegistrationHandler} */
exports.onExecutePreUserRegistration = async (event, api) => {
  const response = await fetch("https://crm.example.com/checks", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: event.user.email }),
  });
  if (!response.ok) throw new Error(`the CRM answered ${response.status}`);

  const { blocked } = await response.json();
  if (blocked) {
    api.access.deny("blocked in the CRM", "You can't register with this address.");
    return;
  }
  api.user.setUserMetadata("country", event.request.geoip?.countryCode);
};
