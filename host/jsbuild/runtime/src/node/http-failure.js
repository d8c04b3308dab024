// The errors of node:http's client.
import { causeOf } from "../web/failure.js";
import { connectionReset } from "./http-message.js";

const codes = { UND_ERR_CONNECT_TIMEOUT: "ETIMEDOUT", UND_ERR_HEADERS_TIMEOUT: "ETIMEDOUT", UND_ERR_INVALID_ARG: "ERR_INVALID_ARG_VALUE", UND_ERR_RES_EXCEEDED_MAX_SIZE: "ERR_LIMIT_EXCEEDED", UND_ERR_HEADERS_OVERFLOW: "HPE_HEADER_OVERFLOW", UND_ERR: "ECONNRESET" };

// failureOf is the error that Node's client would have given for the host's.
export function failureOf(error, target) {
  const failure = causeOf(error, new URL(target.url));
  if (failure.code === "UND_ERR_SOCKET") return connectionReset(/closed before the response/.test(error.message) ? "socket hang up" : error.message);
  failure.code = codes[failure.code] ?? failure.code;
  return failure;
}
