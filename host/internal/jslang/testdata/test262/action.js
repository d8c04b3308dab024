// Runs one test of test262: its harness and it itself as one script, in the global scope
// of a run that has seen nothing else.
const evaluate = globalThis.eval;
const { ownKeys, deleteProperty, defineProperty, getOwnPropertyDescriptor } = Reflect;
const { log } = console;

globalThis.$262 = {
  global: globalThis,
  evalScript: (code) => evaluate(code),
  detachArrayBuffer: (buffer) => void buffer.transfer(),
  gc: () => {},
};

// done returns a promise of what the test gives $DONE.
const done = () => new Promise((resolve, reject) => {
  globalThis.print = () => {};
  globalThis.$DONE = (error) => (error ? reject(error) : resolve());
});

// noted returns a function that makes the objects what they are now: tests change what the
// report of their outcome needs.
function noted(...objects) {
  const before = [];
  for (let i = 0; i < objects.length; i++) {
    const keys = ownKeys(objects[i]);
    const known = { __proto__: null };
    for (let k = 0; k < keys.length; k++) known[keys[k]] = getOwnPropertyDescriptor(objects[i], keys[k]);
    before[i] = known;
  }
  return () => {
    for (let i = 0; i < objects.length; i++) {
      const keys = ownKeys(objects[i]);
      for (let k = 0; k < keys.length; k++) if (!(keys[k] in before[i])) deleteProperty(objects[i], keys[k]);
      const known = ownKeys(before[i]);
      for (let k = 0; k < known.length; k++) defineProperty(objects[i], known[k], before[i][known[k]]);
    }
  };
}

const nameOf = (error) => error?.constructor?.name ?? typeof error;

exports.onExecutePostUserRegistration = async (event) => {
  const { script, async, negative } = event.user.user_metadata;
  const restore = noted(Object.prototype, Array.prototype, Function.prototype, Promise.prototype, Promise, String.prototype, Symbol.prototype, RegExp.prototype, Error.prototype, Object.getPrototypeOf([][Symbol.iterator]()), Object, Array, JSON);
  let outcome = "passed";
  try {
    const ended = async ? done() : undefined;
    evaluate(script);
    await ended;
    if (negative) outcome = `there was no ${negative}`;
  } catch (error) {
    if (nameOf(error) !== negative) outcome = `${nameOf(error)}: ${error?.message ?? error}`;
  }
  restore();
  log(outcome);
};
