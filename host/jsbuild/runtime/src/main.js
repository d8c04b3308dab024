// Everything that an action finds, in the order in which it needs each other,
// and what the engine calls.
import { native } from "./native.js";
import "./node/bind.js";
import "./node/callsite.js";
import "./node/weakref.js";
import "./web/index.js";
import { builtins } from "./node/index.js";
import { summary } from "./loop/action.js";
import { describe } from "./loop/failure.js";
import { define, prepare, start, tick } from "./loop/index.js";
import { shapes } from "./loop/shapes.js";
import { guarded } from "./loop/uncaught.js";

// The engine's own generator would go on in each run from its state in the snapshot.
if (native.math_random) Math.random = native.math_random;

native.register({
  define(bundle) {
    delete globalThis.__part; // the parts of the runtime are there
    define(bundle, builtins);
  },
  prepare,
  describe: () => JSON.stringify(summary()),
  explain: (thrown) => JSON.stringify(describe(thrown)),
  uncaught: (thrown) =>
    guarded(() => {
      throw thrown;
    }),
  start,
  tick,
  shapes,
});
