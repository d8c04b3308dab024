// What axios tells of answers that are no success.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event) => {
  const { BASE } = event.secrets;
  for (const status of [400, 401, 404, 409, 422, 429, 500, 503]) {
    try {
      await axios.put(`${BASE}/status/${status}`, { email: event.user.email });
    } catch (error) {
      console.error(error.message, error.code, error.response.status, error.response.statusText, error.response.data, error.response.headers["x-request-id"]);
      console.log(axios.isAxiosError(error), error instanceof Error, error.config.method, error.config.data, Object.keys(error.toJSON()));
    }
  }
  const same = await axios.delete(`${BASE}/status/404`, { validateStatus: (status) => status < 500 });
  console.log(same.status, same.data.error);
};
