// Everything that an action finds, in the order in which it needs each other.
import { native } from "./native.js";
import "./web/index.js";
import { builtins } from "./node/index.js";
import { define, prepare, start, tick } from "./loop/index.js";

native.register({ define: (bundle) => define(bundle, builtins), prepare, start, tick });
