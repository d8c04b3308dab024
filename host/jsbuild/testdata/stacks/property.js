exports.onExecutePostUserRegistration = async (event) => {
  const body = {
    name: "a",
    plan: event.user
      .app_metadata
      .plan,
  };
  return body;
};
