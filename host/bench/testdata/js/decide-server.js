// decide-server.js ACTION URL: answers POST / with the decision of an action that it
// calls in its own process. URL is the action's secret. It prints its address.
"use strict";
const http = require("node:http");
const path = require("node:path");

const [, , file, url] = process.argv;
const action = require(path.resolve(file));

function decide(body) {
  const decision = { decision: "allow", reason: "", user_message: "", validation_errors: [], user_metadata: {}, app_metadata: {} };
  const api = { access: { deny: (reason, userMessage) => Object.assign(decision, { decision: "deny", reason, user_message: userMessage }) && api } };
  return action.onExecutePreUserRegistration({ ...JSON.parse(body), secrets: { URL: url } }, api).then(() => decision);
}

const server = http.createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    decide(body).then(
      (decision) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(decision)),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
});
server.listen(0, "127.0.0.1", () => console.log(`${server.address().address}:${server.address().port}`));
