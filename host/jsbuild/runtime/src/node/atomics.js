// The package behind util.inspect reads every namespace of the language when
// it loads. The engine has no Atomics; actions are not to see one either, so
// that inspect.js takes this away again.
export const lacking = globalThis.Atomics === undefined;

if (lacking) globalThis.Atomics = {};
