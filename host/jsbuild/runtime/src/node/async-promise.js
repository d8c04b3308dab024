// How promises carry the frame of asynchronous calls (see async-context.js).
//
// A callback of then is bound to the frame in which then is called. An await
// calls no then as long as a promise's constructor is the engine's own Promise:
// so another stands in for it, on the global object and on all promises, and the
// engine asks each awaited promise for its then, in the frame of the await. What
// it passes to that then resumes the function in a later job; jobs before and
// after that one set the frame and take it away again.
//
// What is awaited and is no promise, a value or a thenable, shows itself to no
// one: after such an await there is no frame.

const { Promise } = globalThis;
const { then } = Promise.prototype;
const settled = Promise.resolve();

// carry makes promises carry frames from now on.
export function carry({ current, swap, within }) {
  const soon = (job) => void then.call(settled, job);

  // resuming returns f, which resumes a function that awaits, with its frame
  // around that. A callback in a program may look the same; it takes no harm.
  const resuming = (f, frame) => (value) => {
    soon(() => void swap(frame));
    const result = f(value);
    soon(() => void swap(null));
    return result;
  };

  const plain = (f, frame) => (value) => within(frame, f, undefined, [value]);

  const carried = (f, frame, both) => (typeof f !== "function" ? f : both && nameless(f) ? resuming(f, frame) : plain(f, frame));

  const descriptor = {
    get() {
      const frame = current();
      return function then_(fulfilled, rejected) {
        const both = typeof fulfilled === "function" && typeof rejected === "function";
        return then.call(this, carried(fulfilled, frame, both), carried(rejected, frame, both));
      };
    },
    set(value) {
      Object.defineProperty(this, "then", { value, writable: true, configurable: true, enumerable: true });
    },
    configurable: true,
  };
  Object.defineProperties(Promise.prototype, { then: descriptor, constructor: { value: standIn(), writable: true, configurable: true } });
}

function nameless(f) {
  return f.name === "" && f.length === 1;
}

// standIn returns a Promise that is not the engine's own, and makes it the
// global one. What it makes are promises of the engine's.
function standIn() {
  function Stand(executor) {
    if (!new.target) throw new TypeError("Promise constructor cannot be invoked without 'new'");
    return Reflect.construct(Promise, [executor], new.target === Stand ? Promise : new.target);
  }
  Object.setPrototypeOf(Stand, Promise);
  Object.defineProperties(Stand, {
    name: { value: "Promise", configurable: true },
    prototype: { value: Promise.prototype, writable: false },
    [Symbol.species]: { get() { return this === Stand ? Promise : this; }, configurable: true },
  });
  Object.defineProperty(globalThis, "Promise", { value: Stand, writable: true, configurable: true, enumerable: false });
  return Stand;
}
