// WebSocket, which packages look for when they load. An action has no sockets,
// so none can be opened.
import { UnsupportedInSandboxError } from "../node/unsupported.js";
import { EventTarget } from "./event.js";
import { expose } from "./idl.js";

const instead = "use fetch: it is the only way out of an action";

export class WebSocket extends EventTarget {
  constructor() {
    super();
    throw new UnsupportedInSandboxError("WebSocket", instead);
  }
}
expose(WebSocket, "WebSocket", { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
