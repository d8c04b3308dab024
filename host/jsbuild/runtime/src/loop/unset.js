// The secrets that the action's code names, that are not set, and that a run has read:
// its failure may come of them. Only where one is not set, event.secrets gets another
// prototype, which sees reads of what the object itself does not have. Otherwise it is
// the plain object that Node has.

const { create, setPrototypeOf } = Object;
const { get } = Reflect;

let named = []; // by the code
let missing = [];
let read = [];

// nameSecrets stores the names that the code has.
export function nameSecrets(names) {
  named = names;
}

// watchSecrets begins to note reads of what is not set.
export function watchSecrets(secrets) {
  missing = [];
  read = [];
  if (typeof secrets !== "object" || secrets === null) return;
  for (let i = 0; i < named.length; i++) if (!(named[i] in secrets)) missing[missing.length] = named[i];
  if (missing.length > 0) setPrototypeOf(secrets, watching());
}

function watching() {
  const like = create(Object.prototype, { constructor: { value: Object, writable: true, configurable: true } });
  return new Proxy(like, {
    get(target, name, receiver) {
      for (let i = 0; i < missing.length; i++) {
        if (missing[i] !== name) continue;
        read[read.length] = name;
        missing[i] = undefined;
      }
      return get(target, name, receiver);
    },
  });
}

// unsetRead returns the names that were read, or undefined when none was.
export function unsetRead() {
  return read.length > 0 ? read : undefined;
}
