// OAuth2Client: a token for a code, a request with it
const { OAuth2Client } = require("google-auth-library");

exports.onExecutePostUserRegistration = async (event) => {
  const client = new OAuth2Client({ clientId: "id", clientSecret: "secret", redirectUri: "https://example.com", endpoints: { oauth2TokenUrl: `${event.secrets.URL}/oauth/token` } });
  const { tokens } = await client.getToken("code");
  client.setCredentials(tokens);
  console.log(tokens.access_token);
  const answer = await client.request({ url: `${event.secrets.URL}/users`, method: "POST", data: { id: event.user.user_id } });
  console.log(answer.status, answer.data);
};
