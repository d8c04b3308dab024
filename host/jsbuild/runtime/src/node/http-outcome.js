// What has come of a request that another part of the runtime has sent, for the next
// request of node:http.
let next = null;

// withOutcome calls f. The first request that f makes is not sent: outcome is
// {answer} or {error} of the host, {late: true} when its time is over, or {} when
// nothing will come.
export function withOutcome(outcome, f) {
  next = outcome;
  try {
    return f();
  } finally {
    next = null;
  }
}

// takeOutcome returns the outcome that the request being made has, or null.
export function takeOutcome() {
  const outcome = next;
  next = null;
  return outcome;
}

// settled returns outcome as the loop's request returns an exchange.
export function settled({ answer, error }) {
  const promise = answer ? Promise.resolve(answer) : error ? Promise.reject(error) : new Promise(() => {});
  return { promise, cancel: () => {} };
}
