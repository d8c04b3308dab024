// node:http and node:https: the clients. An action serves nothing.
import { METHODS } from "unenv/node/internal/http/constants";
import { Agent, globalAgent, secureAgent, SecureAgent } from "./http-agent.js";
import { validateHeaderName, validateHeaderValue } from "./http-headers.js";
import { IncomingMessage } from "./http-message.js";
import { OutgoingMessage } from "./http-outgoing.js";
import { ClientRequest } from "./http-request.js";
import { statusCodes } from "./http-status.js";
import { refused } from "./unsupported.js";

const serving = "an action serves no requests: it runs when an event comes, and answers by returning";

// clientOf returns the functions that send requests, callable in each way that
// Node has for them. A program may replace the module's globalAgent.
function clientOf(module) {
  function request(input, options, callback) {
    const rest = typeof options === "function" ? { callback: options } : { options, callback };
    return new ClientRequest(input, { _defaultAgent: module().globalAgent, ...rest.options }, rest.callback);
  }
  function get(input, options, callback) {
    const sent = request(input, options, callback);
    sent.end();
    return sent;
  }
  return { request, get };
}

export const http = {
  ...clientOf(() => http),
  Agent,
  ClientRequest,
  IncomingMessage,
  METHODS,
  OutgoingMessage,
  STATUS_CODES: statusCodes,
  Server: refused("http.Server", serving),
  ServerResponse: refused("http.ServerResponse", serving),
  createServer: refused("http.createServer", serving),
  globalAgent,
  maxHeaderSize: 16 << 10,
  setMaxIdleHTTPParsers: () => {},
  validateHeaderName,
  validateHeaderValue,
};

export const https = {
  ...clientOf(() => https),
  Agent: SecureAgent,
  Server: refused("https.Server", serving),
  createServer: refused("https.createServer", serving),
  globalAgent: secureAgent,
};
