// Node's streams.
import "./streams.js";
import { builtins } from "../node/index.js";
import { consumers } from "../node/stream-consumers.js";
import { streamWeb } from "../node/stream-web.js";
import { stream } from "../node/stream.js";

Object.assign(builtins, {
  stream,
  "stream/consumers": consumers,
  "stream/promises": stream.promises,
  "stream/web": streamWeb,
});
