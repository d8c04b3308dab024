// 409 is a success; anything else is thrown on.
exports.onExecutePostUserRegistration = async (event) => {
  const axios = require("axios").default;
  const api = axios.create({ baseURL: event.secrets.BASE, timeout: 5000, headers: { common: { "x-api-key": "abc" } } });
  api.interceptors.request.use((config) => {
    config.headers["X-Seen"] = config.url;
    return config;
  });
  for (const path of ["/status/409", "/status/502"]) {
    try {
      await api.post(path, { id: event.user.user_id });
    } catch (err) {
      if (err.response && err.response.status === 409) {
        console.log("already there:", err.response.data);
        continue;
      }
      throw err;
    }
  }
};
