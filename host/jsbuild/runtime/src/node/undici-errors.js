// undici's errors, with its codes.
const kinds = {
  HeadersTimeoutError: ["UND_ERR_HEADERS_TIMEOUT", "Headers Timeout Error"],
  HeadersOverflowError: ["UND_ERR_HEADERS_OVERFLOW", "Headers overflow"],
  BodyTimeoutError: ["UND_ERR_BODY_TIMEOUT", "Body Timeout Error"],
  ConnectTimeoutError: ["UND_ERR_CONNECT_TIMEOUT", "Connect Timeout Error"],
  ResponseStatusCodeError: ["UND_ERR_RESPONSE_STATUS_CODE", "Response Status Code Error"],
  InvalidArgumentError: ["UND_ERR_INVALID_ARG", "Invalid Argument Error"],
  InvalidReturnValueError: ["UND_ERR_INVALID_RETURN_VALUE", "Invalid Return Value Error"],
  RequestAbortedError: ["UND_ERR_ABORTED", "Request aborted"],
  RequestContentLengthMismatchError: ["UND_ERR_REQ_CONTENT_LENGTH_MISMATCH", "Request body length does not match content-length header"],
  ResponseContentLengthMismatchError: ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "Response body length does not match content-length header"],
  ResponseExceededMaxSizeError: ["UND_ERR_RES_EXCEEDED_MAX_SIZE", "Response content exceeded max size"],
  ClientDestroyedError: ["UND_ERR_DESTROYED", "The client is destroyed"],
  ClientClosedError: ["UND_ERR_CLOSED", "The client is closed"],
  InformationalError: ["UND_ERR_INFO", "Request information"],
  SocketError: ["UND_ERR_SOCKET", "Socket error"],
  NotSupportedError: ["UND_ERR_NOT_SUPPORTED", "Not supported error"],
  BalancedPoolMissingUpstreamError: ["UND_ERR_BPL_MISSING_UPSTREAM", "Missing upstream in BalancedPool"],
  RequestRetryError: ["UND_ERR_REQ_RETRY", "Request retry error"],
};

export class UndiciError extends Error {
  constructor(message) {
    super(message);
    this.name = "UndiciError";
    this.code = "UND_ERR";
  }
}

export const errors = { UndiciError };
for (const [name, [code, words]] of Object.entries(kinds)) {
  errors[name] = { [name]: class extends UndiciError {
    constructor(message, ...details) {
      super(message || words);
      Object.assign(this, { name, code }, detailsOf(name, details));
    }
  } }[name];
}

// detailsOf returns the properties that some errors are made with.
function detailsOf(name, [first, second, third]) {
  if (name === "ResponseStatusCodeError") return { status: first, statusCode: first, headers: second, body: third ?? null };
  return name === "SocketError" && first !== undefined ? { socket: first } : {};
}

export const { InvalidArgumentError, ResponseStatusCodeError } = errors;

const byCode = Object.fromEntries(Object.entries(kinds).map(([name, [code]]) => [code, name]));

// typed makes of a cause that fetch would have the error of undici with its code; one
// of the system, such as ECONNREFUSED, stays what it is.
export function typed(cause) {
  const name = byCode[cause.code];
  if (!name) return cause;
  return name === "HeadersTimeoutError" ? new errors[name]() : new errors[name](cause.message);
}
