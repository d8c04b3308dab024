// node:http and node:https: the clients. An action serves nothing.
import { METHODS } from "unenv/node/internal/http/constants";
import { Agent, SecureAgent } from "./http-agent.js";
import { validateHeaderName, validateHeaderValue } from "./http-headers.js";
import { IncomingMessage } from "./http-message.js";
import { ClientRequest } from "./http-request.js";
import { statusCodes } from "./http-status.js";
import { stream } from "./stream.js";
import { refused } from "./unsupported.js";

const serving = "an action serves no requests: it runs when an event comes, and answers by returning";

// clientOf returns the functions that send requests, callable in each way that
// Node has for them.
function clientOf(secure, defaultAgent) {
  function request(input, options, callback) {
    const rest = typeof options === "function" ? { callback: options } : { options, callback };
    return new ClientRequest(input, { _defaultAgent: defaultAgent, ...rest.options }, rest.callback, secure);
  }
  function get(input, options, callback) {
    const sent = request(input, options, callback);
    sent.end();
    return sent;
  }
  return { request, get };
}

const globalAgent = new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5000 });
const secureAgent = new SecureAgent({ keepAlive: true, scheduling: "lifo", timeout: 5000 });

export const http = {
  ...clientOf(false, globalAgent),
  Agent,
  ClientRequest,
  IncomingMessage,
  METHODS,
  OutgoingMessage: stream.Writable,
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
  ...clientOf(true, secureAgent),
  Agent: SecureAgent,
  Server: refused("https.Server", serving),
  createServer: refused("https.createServer", serving),
  globalAgent: secureAgent,
};
