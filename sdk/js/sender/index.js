// Sends events to Usher: one file, no dependencies, and nothing but fetch.

/** What the host, or the way to it, answered in the end. */
export class UsherError extends Error {
  constructor(message, { status, problem, attempts, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "UsherError";
    this.status = status; // undefined: no answer
    this.attempts = attempts;
    this.type = problem?.type;
    this.hint = problem?.hint;
    this.errors = problem?.errors ?? [];
    this.requestId = problem?.request_id;
  }
}

const firstWait = 250; // ms
const longestWait = 10_000;

export class Sender {
  #url;
  #key;
  #fetch;
  #timeout;
  #deadline;

  constructor({ url, key, timeout = 5_000, deadline = 60_000, fetch = globalThis.fetch }) {
    if (!URL.canParse(url) || !/^https?:/i.test(url)) throw new TypeError(`url is ${url}, and must begin with http:// or https://`);
    if (!key) throw new TypeError("key is missing: usher keys create NAME --scope ingest makes one");
    this.#url = String(url).replace(/\/+$/, "");
    this.#key = key;
    this.#timeout = timeout;
    this.#deadline = deadline;
    this.#fetch = fetch;
  }

  async send(event, { idempotencyKey, traceparent, deadline = this.#deadline, signal } = {}) {
    const headers = {};
    if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
    if (traceparent !== undefined) headers.traceparent = traceparent;
    const { status, answer } = await this.#post("/v1/events/post-user-registration", event, headers, deadline, signal);
    if (Array.isArray(event)) return answer.events.map((accepted) => ({ repeat: false, ...accepted }));
    return { ...answer, repeat: status === 200 };
  }

  async decide(event, { wait, idempotencyKey = crypto.randomUUID(), traceparent, deadline = 5_000, signal } = {}) {
    const headers = { "Idempotency-Key": idempotencyKey };
    if (wait !== undefined) headers.Prefer = `wait=${wait}`;
    if (traceparent !== undefined) headers.traceparent = traceparent;
    return (await this.#post("/v1/decisions/pre-user-registration", event, headers, deadline, signal)).answer;
  }

  // The body is made once: every attempt sends the same bytes under the same key.
  async #post(path, event, headers, deadline, signal) {
    const request = {
      method: "POST",
      headers: new Headers({ "Content-Type": "application/json", Authorization: `Bearer ${this.#key}`, ...headers }),
      body: JSON.stringify(event),
      redirect: "manual", // a key is not sent on to another address
    };
    const end = Date.now() + deadline;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const { retry, after = 0, error, ...answered } = await this.#once(path, request, end, attempt, signal);
      if (!error) return answered;
      const wait = Math.max(after, Math.random() * Math.min(longestWait, firstWait * 2 ** attempt));
      if (!retry || Date.now() + wait >= end) throw error;
      await pause(wait, signal);
    }
  }

  async #once(path, request, end, attempt, signal) {
    const limit = AbortSignal.timeout(Math.max(1, Math.min(this.#timeout, end - Date.now())));
    let response, body;
    try {
      response = await this.#fetch(this.#url + path, { ...request, signal: signal ? AbortSignal.any([limit, signal]) : limit });
      body = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      const why = limit.aborted ? "no answer in time" : (cause.cause?.message ?? cause.message);
      return { retry: true, error: new UsherError(`${this.#url} did not answer: ${why}`, { attempts: attempt, cause }) };
    }
    const { status } = response;
    const answer = parse(body);
    if (response.ok && answer !== undefined) return { status, answer };
    const problem = /problem\+json/.test(response.headers.get("content-type") ?? "") ? answer : undefined;
    return {
      retry: status === 429 || status >= 500,
      after: retryAfter(response.headers.get("retry-after")),
      error: new UsherError(this.#explain(response, problem), { status, problem, attempts: attempt }),
    };
  }

  #explain({ ok, status, statusText, headers }, problem) {
    if (ok) return `${this.#url} answered ${status} with what is not JSON: is it Usher?`;
    if (headers.has("location")) return `${this.#url} redirects to ${headers.get("location")}: use that address`;
    const hint = problem?.hint ? ` (${problem.hint})` : "";
    return `${status} ${problem?.detail ?? problem?.title ?? statusText}${hint}`;
  }
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

// retryAfter is the wait in ms: seconds or a date.
function retryAfter(value) {
  if (!value) return 0;
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
