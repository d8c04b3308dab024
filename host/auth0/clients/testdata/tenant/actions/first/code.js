exports.onExecutePostUserRegistration = async (event) => {
  await fetch("##RECEIVER##/first", { method: "POST", body: event.user.user_id + " " + event.secrets.TOKEN });
};
