// post of JSON with a callback
// 201 POST /users {"id":"1","ok":true}
import request from "request";

const answer = await new Promise((resolve, reject) => {
  request.post({ url: `${event.secrets.URL}/users`, json: { id: event.user.user_id }, auth: { bearer: event.secrets.TOKEN } }, (error, response, body) =>
    error ? reject(error) : resolve([response.statusCode, body]));
});
console.log(answer);
