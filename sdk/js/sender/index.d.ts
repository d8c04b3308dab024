/** A JSON object, as `event` of an action has it. */
type JSONObject = { [key: string]: unknown };

/** A registration: only `user.user_id` is required. */
export type RegistrationEvent = JSONObject & { user: JSONObject & { user_id: string } };

/** A registration to decide on, before the user exists. */
export type RegistrationRequestEvent = JSONObject & { user: JSONObject; request: JSONObject };

export interface SenderOptions {
  /** The host, such as `https://usher.example.com`. */
  url: string;
  /** An API key with the scope `ingest`; to ask for decisions, `decide`. */
  key: string;
  /** Milliseconds for one attempt: 5000. */
  timeout?: number;
  /** Milliseconds for all attempts of `send`, with the waits between them: 60000. */
  deadline?: number;
  /** What sends the requests: the global `fetch`. */
  fetch?: typeof fetch;
}

export interface SendOptions {
  /**
   * What identifies the event. Without it the host takes tenant and `user_id`: a user registers once. The same key
   * with another body is refused (422).
   */
  idempotencyKey?: string;
  /** The W3C trace context of the registration. */
  traceparent?: string;
  /** Milliseconds for all attempts, in place of the sender's. */
  deadline?: number;
  signal?: AbortSignal;
}

export interface DecideOptions {
  /** Seconds that the actions have: the host's own limit, unless this is shorter. */
  wait?: number;
  /** What identifies the request for ten minutes: a random one, the same for all attempts. */
  idempotencyKey?: string;
  traceparent?: string;
  /** Milliseconds for all attempts: 5000. */
  deadline?: number;
  signal?: AbortSignal;
}

export interface Accepted {
  event_id: string;
  execution_id: string;
  /** The event was stored before: these are the ids of the first. */
  repeat: boolean;
}

export interface Decision {
  execution_id: string;
  decision: "allow" | "deny";
  /** For the operator; empty with `allow`. */
  reason: string;
  /** For the user; empty with `allow`. */
  user_message: string;
  validation_errors: { code: string; message: string }[];
  user_metadata: JSONObject;
  app_metadata: JSONObject;
  /** The id that the user is to have, when an action set one. */
  user_id?: string;
  /** An action failed: its binding's `on_failure` counted instead. */
  degraded: boolean;
  failed_actions?: string[];
  results: unknown[];
}

/** Sends to one host. One is enough for a program: it keeps nothing between calls. */
export class Sender {
  constructor(options: SenderOptions);

  /**
   * Sends one event. It resolves when the host has it on disk, and repeats the request with the same body and key when no
   * answer arrives, or one of 429 or 5xx, after a random, growing wait and never before `Retry-After`. No event is stored twice.
   * @throws {UsherError} When the host refuses the event, or the deadline has passed.
   */
  send(event: RegistrationEvent, options?: SendOptions): Promise<Accepted>;
  /** Sends a batch, which is stored whole or not at all: one answer for each event. */
  send(events: RegistrationEvent[], options?: Omit<SendOptions, "idempotencyKey">): Promise<Accepted[]>;

  /**
   * Asks whether a user may register, and repeats the request as `send` does: the flow runs once.
   * @throws {UsherError} When there is no decision: the caller says what then counts.
   */
  decide(event: RegistrationRequestEvent, options?: DecideOptions): Promise<Decision>;
}

/** What the host, or the way to it, answered in the end. */
export class UsherError extends Error {
  /** The HTTP status; undefined when there was no answer. */
  status?: number;
  /** How often the request was sent. */
  attempts?: number;
  /** The problem's type (RFC 9457), made for programs. */
  type?: string;
  /** What to do next. */
  hint?: string;
  /** The invalid fields of the event. */
  errors: { pointer: string; detail: string }[];
  /** What finds the request in the host's log. */
  requestId?: string;
}
