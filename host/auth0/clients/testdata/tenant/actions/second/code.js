exports.onExecutePostUserRegistration = async (event) => {
  await fetch("##RECEIVER##/second", { method: "POST", body: event.user.user_id + " " + event.secrets.TOKEN });
};
