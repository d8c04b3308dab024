// Stores a new user in another system.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event) => {
  await axios.post(event.secrets.URL, { user_id: event.user.user_id, email: event.user.email });
};
