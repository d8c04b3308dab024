// MessageChannel and MessagePort: two ends in one action, by which code lets
// other code go first.
import { structuredClone } from "./clone.js";
import { Event, EventTarget, fire } from "./event.js";
import { coded, expose, handlers, missing } from "./idl.js";

export class MessageEvent extends Event {
  #init;
  constructor(type, init = undefined) {
    super(...arguments);
    this.#init = { data: init?.data ?? null, origin: `${init?.origin ?? ""}`, lastEventId: `${init?.lastEventId ?? ""}` };
  }
  get data() {
    return this.#init.data;
  }
  get origin() {
    return this.#init.origin;
  }
  get lastEventId() {
    return this.#init.lastEventId;
  }
  get source() {
    return null;
  }
  get ports() {
    return Object.freeze([]);
  }
}
expose(MessageEvent, "MessageEvent");

const secret = Symbol("MessagePort");
let entangle;

export class MessagePort extends EventTarget {
  #other = null;
  #started = false;
  #waiting = [];

  constructor(key = undefined) {
    if (key !== secret) throw coded(TypeError, "ERR_CONSTRUCT_CALL_INVALID", "Constructor cannot be called");
    super();
  }

  postMessage(message, options = undefined) {
    if (arguments.length === 0) throw missing('The "message" argument must be specified');
    const data = structuredClone(message, Array.isArray(options) ? { transfer: options } : options);
    this.#other?.#take(data);
  }
  start() {
    this.#started = true;
    for (const data of this.#waiting.splice(0)) this.#deliver(data);
  }
  close() {
    const other = this.#other;
    this.#other = null;
    other?.close();
  }
  ref() {}
  unref() {}

  #take(data) {
    if (this.#started) this.#deliver(data);
    else this.#waiting.push(data);
  }
  #deliver(data) {
    globalThis.setImmediate(() => fire(this, new MessageEvent("message", { data })));
  }

  static {
    entangle = (one, other) => {
      one.#other = other;
      other.#other = one;
    };
  }
}
handlers(MessagePort, ["message", "messageerror"]);
// To listen by a property is to start.
const { get, set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
Object.defineProperty(MessagePort.prototype, "onmessage", {
  get,
  set(handler) {
    set.call(this, handler);
    this.start();
  },
});
expose(MessagePort, "MessagePort");

export class MessageChannel {
  #ports = [new MessagePort(secret), new MessagePort(secret)];
  constructor() {
    entangle(...this.#ports);
  }
  get port1() {
    return this.#ports[0];
  }
  get port2() {
    return this.#ports[1];
  }
}
expose(MessageChannel, "MessageChannel");
