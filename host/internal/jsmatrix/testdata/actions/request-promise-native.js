// JSON with a query, the whole response
// 200 GET /search {"found":2}
import rp from "request-promise-native";

const answer = await rp({ uri: `${event.secrets.URL}/search`, qs: { q: "a b" }, json: true, resolveWithFullResponse: true, auth: { bearer: event.secrets.TOKEN } });
console.log(answer.statusCode, answer.body);
