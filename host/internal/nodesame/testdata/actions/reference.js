// A name that nobody declared.
exports.onExecutePostUserRegistration = async (event) => {
  await fetch(`${event.secrets.BASE}/before`);
  axios.post(event.secrets.BASE, { id: event.user.user_id });
};
