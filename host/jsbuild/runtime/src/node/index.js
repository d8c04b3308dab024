// Node's modules by name, without the prefix "node:". Those that few actions
// use are added by ../parts.
import * as constants from "unenv/node/constants";
import { StringDecoder } from "string_decoder/";
import { asyncHooks } from "./async-hooks.js";
import { buffer } from "./buffer.js";
import { checkString } from "./errors.js";
import { console } from "./console.js";
import { diagnosticsChannel } from "./diagnostics.js";
import { EventEmitter } from "./events.js";
import { give } from "./files.js";
import { makeModule } from "./module.js";
import { os } from "./os.js";
import { path } from "./path.js";
import { perfHooks } from "./perf-hooks.js";
import { process } from "./process.js";
import { querystring } from "./querystring.js";
import { refusals } from "./refusals.js";
import { builtinOf } from "./require.js";
import { timers, timersPromises } from "./timers.js";
import { types } from "./types.js";
import { util } from "./util.js";

export const builtins = {
  ...refusals,
  async_hooks: asyncHooks,
  buffer,
  console,
  constants: Object.freeze({ ...constants.default }),
  diagnostics_channel: diagnosticsChannel,
  events: EventEmitter,
  os,
  path,
  "path/posix": path.posix,
  "path/win32": path.win32,
  perf_hooks: perfHooks,
  process,
  querystring,
  string_decoder: { StringDecoder },
  sys: util,
  timers,
  "timers/promises": timersPromises,
  util,
  "util/types": types,
};

builtins.module = makeModule(builtins);
builtins["usher:files"] = { give };

// getBuiltinModule returns a module of Node, undefined for another name.
process.getBuiltinModule = function getBuiltinModule(id) {
  checkString(id, "id");
  return builtinOf(builtins, id);
};
