// Node's modules by name, without the prefix "node:".
import * as constants from "unenv/node/constants";
import punycode from "unenv/node/punycode";
import { StringDecoder } from "string_decoder/";
import { assert } from "./assert.js";
import { asyncHooks } from "./async-hooks.js";
import { buffer } from "./buffer.js";
import { console } from "./console.js";
import { diagnosticsChannel } from "./diagnostics.js";
import { EventEmitter } from "./events.js";
import { http, https } from "./http.js";
import { makeModule } from "./module.js";
import { os } from "./os.js";
import { path } from "./path.js";
import { perfHooks } from "./perf-hooks.js";
import { process } from "./process.js";
import { querystring } from "./querystring.js";
import { refusals } from "./refusals.js";
import { consumers } from "./stream-consumers.js";
import { streamWeb } from "./stream-web.js";
import { stream } from "./stream.js";
import { timers, timersPromises } from "./timers.js";
import { types } from "./types.js";
import { url } from "./url.js";
import { util } from "./util.js";
import { zlib } from "./zlib.js";
import { nodeCrypto } from "../crypto/index.js";

export const builtins = {
  ...refusals,
  assert,
  "assert/strict": assert.strict,
  async_hooks: asyncHooks,
  buffer,
  console,
  constants: { ...constants.default },
  crypto: nodeCrypto,
  diagnostics_channel: diagnosticsChannel,
  events: EventEmitter,
  http,
  https,
  os,
  path,
  "path/posix": path.posix,
  "path/win32": path.win32,
  perf_hooks: perfHooks,
  process,
  punycode: { ...punycode },
  querystring,
  stream,
  "stream/consumers": consumers,
  "stream/promises": stream.promises,
  "stream/web": streamWeb,
  string_decoder: { StringDecoder },
  sys: util,
  timers,
  "timers/promises": timersPromises,
  url,
  util,
  "util/types": types,
  zlib,
};

builtins.module = makeModule(builtins);
