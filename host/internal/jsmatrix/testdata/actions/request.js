// post of JSON with a callback
const request = require("request");

exports.onExecutePostUserRegistration = async (event) => {
  const answer = await new Promise((resolve, reject) => {
    request.post({ url: `${event.secrets.URL}/users`, json: { id: event.user.user_id }, auth: { bearer: event.secrets.TOKEN } }, (error, response, body) =>
      error ? reject(error) : resolve([response.statusCode, body]));
  });
  console.log(answer);
};
