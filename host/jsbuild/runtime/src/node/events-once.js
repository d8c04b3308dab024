// events.once: the next event as a promise.
import { abortError } from "./errors.js";

export function once(emitter, type, { signal } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError(signal.reason));
    const done = listen(emitter, type, (...args) => settle(resolve, args), (error) => settle(reject, error));
    const abort = () => settle(reject, abortError(signal.reason));
    function settle(how, value) {
      done();
      signal?.removeEventListener("abort", abort);
      how(value);
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}

// listen returns what takes the listeners away again.
function listen(emitter, type, take, fail) {
  if (typeof emitter.addEventListener === "function") {
    emitter.addEventListener(type, take, { once: true });
    return () => emitter.removeEventListener(type, take);
  }
  emitter.once(type, take);
  if (type !== "error") emitter.once("error", fail);
  return () => {
    emitter.removeListener(type, take);
    emitter.removeListener("error", fail);
  };
}
