// Nothing is awaited: a promise, a chain, a timer, one that fails.
const axios = require("axios");

exports.onExecutePostUserRegistration = async (event) => {
  const { BASE } = event.secrets;
  axios.post(`${BASE}/first`, { id: event.user.user_id }).then(async ({ data }) => {
    console.log("first", data.path);
    await fetch(`${BASE}/second`, { method: "POST", body: "after the first" });
    setTimeout(() => fetch(`${BASE}/third`).then(() => fetch(`${BASE}/status/500`)).then(({ status }) => {
      throw new TypeError(`the last one answered ${status}`);
    }), 20);
  });
  console.log("the handler is done");
};
