exports.onExecutePreUserRegistration = async (event, api) => {
  if (event.user.email?.endsWith("@spam.example")) return api.access.deny("spam").access.deny("later", "too late");
  if (!event.request.body.name) return void api.validation.error("no_name", "Give a name");
  api.user.setUserMetadata("name", { first: event.request.body.name }).user.setAppMetadata("old", null).user.setUserId("u1");
  if (event.request.body.name === "boom") throw new Error("boom");
};
