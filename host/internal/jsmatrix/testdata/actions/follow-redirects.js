// a redirect, the URL of the answer
// 302 GET /moved [Location: /search] moved
// 200 GET /search {"found":2}
import follow from "follow-redirects";

console.log(await new Promise((resolve, reject) => follow.http.get(`${event.secrets.URL}/moved`, (answer) => { let text = ""; answer.on("data", (c) => (text += c)).on("end", () => resolve([answer.statusCode, new URL(answer.responseUrl).pathname, text])); }).on("error", reject)));
