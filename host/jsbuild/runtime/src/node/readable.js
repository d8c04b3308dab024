// The package behind node:stream, which looks for the global process and for
// Buffer when it loads.
import "./process.js";
import "./buffer.js";
import shim from "process/";
import Stream from "readable-stream/lib/stream.js";
import { nextTick } from "../loop/ticks.js";

Object.assign(shim, { nextTick }); // the package's ticks are the loop's

export { Stream };
