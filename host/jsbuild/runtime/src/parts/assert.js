// Assertions.
import { assert } from "../node/assert.js";
import { builtins } from "../node/index.js";

Object.assign(builtins, { assert, "assert/strict": assert.strict });
