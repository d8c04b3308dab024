// The least that an action does: it looks at its event.
exports.onExecutePostUserRegistration = async (event) => {
  if (!event.user.user_id) throw new Error("the event has no user");
};
