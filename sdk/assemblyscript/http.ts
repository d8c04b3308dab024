import { JSON } from "json-as";
import { ask } from "./run";

// @ts-ignore: decorator
@external("usher:host/v1", "http_send") declare function httpSend(request: u64): u64;

/** A request to send. What is "" or 0 keeps its default. */
@json
export class Request {
  method: string = "GET";
  url: string = "";
  headers: Map<string, string> = new Map<string, string>();
  body: string = "";
  timeout_ms: i64 = 0;
  redirect: string = "follow"; // or "manual", "error"
}

/** Why there was no answer. */
@json
export class HTTPError {
  code: string = ""; // "refused", "invalid", "timeout", "network" or "limit"
  message: string = "";
}

/** An answer, whatever its status; or the error, with status 0. */
@json
export class Response {
  status: i32 = 0;
  headers: Map<string, Array<string>> = new Map<string, Array<string>>();
  body: string = "";
  body_base64: string = ""; // instead of body, when it is not text
  url: string = ""; // after redirects
  error: HTTPError | null = null;

  /** Reports whether the status is a success, 200 to 299. */
  get ok(): bool {
    return this.status >= 200 && this.status <= 299;
  }

  /** Says what went wrong, for an error message. */
  get problem(): string {
    const error = this.error;
    if (error != null) return "could not be reached: " + error.message;
    return "answered " + this.status.toString() + ": " + this.body.slice(0, 200);
  }

  /** Returns the first value of a header field, "" when there is none. */
  header(name: string): string {
    const key = name.toLowerCase();
    if (!this.headers.has(key)) return "";
    const values = this.headers.get(key);
    return values.length > 0 ? values[0] : "";
  }
}

/** Sends a request and waits for the answer. It never traps. */
export function send(request: Request): Response {
  const answer = ask(httpSend, JSON.stringify<Request>(request));
  return JSON.parse<Response>(answer == null ? "{}" : answer);
}

/** Sends a value of a `@json` class as JSON. */
export function postJSON<T>(url: string, value: T, headers: Map<string, string> = new Map<string, string>()): Response {
  const request = new Request();
  request.method = "POST";
  request.url = url;
  request.headers = headers;
  request.headers.set("content-type", "application/json");
  request.body = JSON.stringify<T>(value);
  return send(request);
}
