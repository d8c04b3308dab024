// This action stores every new user in a remote system.
const axios = require("axios");

/** @type {import("usher-actions").PostUserRegistrationHandler} */
exports.onExecutePostUserRegistration = async (event) => {
  const { user_id, email = null } = event.user;
  const { STORE_URL, STORE_TOKEN } = event.secrets;
  try {
    const { status } = await axios.post(STORE_URL, { user_id, email }, {
      headers: { Authorization: `Bearer ${STORE_TOKEN}` },
      timeout: 5000,
    });
    console.log(`the store answered ${status} for ${user_id}`);
  } catch (error) {
    if (error.response?.status !== 409) throw error; // it will be tried again
    console.log(`the store has ${user_id} already`);
  }
};
