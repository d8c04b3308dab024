// post of JSON, query, the error of a 404
const superagent = require("superagent");

exports.onExecutePostUserRegistration = async (event) => {
  const made = await superagent.post(`${event.secrets.URL}/users`).set("X-Trace", "7").send({ id: event.user.user_id });
  console.log(made.status, made.body);
  console.log((await superagent.get(`${event.secrets.URL}/search`).query({ q: "a b" })).body);
  await superagent.get(`${event.secrets.URL}/missing`).catch((error) => console.log(error.status, error.message));
};
