// The engine's primitives, which no action sees: the global that has them is removed
// before an action is evaluated.
//
//   building                       true during the build; false in a run
//   input()                        the envelope {event, execution}, parsed: each call gives a new one
//   output(text)                   sets the run's output
//   error(text)                    sets the run's error: {name, message, code, stack} as JSON
//   http_start(json) → number      sends a request; its handle
//   http_wait(ms) → string | null  the next answer as {id, …} in JSON; null when ms pass first or no request is under way; ms < 0 waits without a limit
//   http_cancel(handle)            cancels a request
//   cache_get(key) → string | undefined
//   cache_set(json) → string, cache_delete(key) → string
//   command(n, json) → string | undefined
//                                  gives a flow that decides a command, 0 deny, 1 validation error, 2 user metadata, 3 app metadata, 4 user id; an error in JSON
//   log(level, text)               0 trace … 4 error
//   sleep(ms)                      waits
//   now() → number                 the run's clock in ms since 1970, with fractions
//   random(n) → Uint8Array         n random bytes
//   crypto(request: Uint8Array) → Uint8Array
//   utf8_encode(text) → Uint8Array, utf8_decode(bytes: Uint8Array) → string (malformed bytes become U+FFFD)
//   math_random() → number         in [0, 1); seeded when a run first uses it
//   async_frames(n), waiting_frames(n) → array | undefined   the frames, n at most, of the async functions that wait for the code that runs,
//                                  and those that the handler waits in, the innermost first. Each is four elements: the function, line, column and
//                                  file, or the name of a combinator of promises, an index and two undefined
//   promise(p) → [state, result] | undefined      of a promise: 0 pending, 1 fulfilled, 2 rejected
//   proxy(p) → [target, handler] | undefined      of a proxy; both null when it is revoked
//   operands(n) → array | undefined     what failed last, below the n frames of the runtime that are on top: see wording.js
//   iterator_entries(i) → array | undefined       what an iterator of a map or set has yet to give, and last whether that is keys and values in turn
//   carry_frames({bind, current, swap})   makes promises carry frames from now on: what resumes an await later does so in the current frame of now,
//                                  and other callbacks are replaced by what bind returns
//   on_rejection(f)                f(promise, reason, handled) is called when a promise is rejected unhandled, and when it is handled later
//   register({…})                  what the engine calls: define, prepare and describe when an action is built; start, tick and
//                                  uncaught(thrown) in a run; explain(thrown) for an error that reached the engine, as JSON
export const native = globalThis.__native;
delete globalThis.__native;
