// AbortController, AbortSignal, Event, EventTarget and CustomEvent.
const listen = (target, type, seen, name = type) => target.addEventListener(type, () => seen.push(name));
const fields = (event) => [event.type, event.bubbles, event.cancelable, event.composed, event.defaultPrevented, event.returnValue, event.cancelBubble, event.eventPhase, event.target, event.currentTarget, event.srcElement, event.isTrusted, event.composedPath()];

export default [
  ["controller", () => {
    const controller = new AbortController();
    const { signal } = controller;
    const seen = [];
    signal.onabort = function (event) { seen.push(event.type, event.isTrusted, event.target === signal, this === signal); };
    listen(signal, "abort", seen);
    const before = [signal.aborted, signal.reason];
    controller.abort();
    controller.abort("again");
    return [before, signal.aborted, signal.reason, seen, controller.signal === signal];
  }],
  ["reason", () => {
    const controller = new AbortController();
    controller.abort("r");
    return controller.signal.reason;
  }],
  ["reason null", () => AbortSignal.abort(null).reason],
  ["reason undefined", () => AbortSignal.abort(undefined).reason],
  ["throwIfAborted", () => AbortSignal.abort(new RangeError("r")).throwIfAborted()],
  ["throwIfAborted not", () => new AbortController().signal.throwIfAborted()],
  ["abort", () => { const signal = AbortSignal.abort(); return [signal.aborted, signal.reason]; }],
  ["timeout", () => new Promise((resolve) => { const signal = AbortSignal.timeout(5); signal.onabort = () => resolve([signal.aborted, signal.reason]); setTimeout(() => {}, 50); })],
  ...[-1, 1.5, "x", NaN, 2 ** 33, undefined].map((delay) => [`timeout ${delay}`, () => { try { return AbortSignal.timeout(delay).aborted; } catch (error) { return [error.name, error.code]; } }]),
  ["timeout nothing", () => AbortSignal.timeout()],
  ["any", () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const any = AbortSignal.any([a.signal, b.signal]);
    const seen = [];
    listen(any, "abort", seen);
    b.abort("b");
    a.abort("a");
    return [any.aborted, any.reason, seen];
  }],
  ["any of any", () => {
    const controller = new AbortController();
    const inner = AbortSignal.any([controller.signal]);
    const outer = AbortSignal.any([inner, new AbortController().signal]);
    const seen = [];
    listen(controller.signal, "abort", seen, "root");
    listen(inner, "abort", seen, "inner");
    listen(outer, "abort", seen, "outer");
    controller.abort("x");
    return [outer.reason, seen];
  }],
  ["any aborted", () => AbortSignal.any([new AbortController().signal, AbortSignal.abort("was")]).reason],
  ["any none", () => AbortSignal.any([]).aborted],
  ["any refuses", () => { try { AbortSignal.any([1]); } catch (error) { return [error.name, error.code]; } }],
  ["any not a list", () => { try { AbortSignal.any(1); } catch (error) { return [error.name, error.code]; } }],
  ["any marks all before notifying", () => {
    const controller = new AbortController();
    const any = AbortSignal.any([controller.signal]);
    let seen;
    controller.signal.addEventListener("abort", () => { seen = any.aborted; });
    controller.abort();
    return seen;
  }],
  ["constructor", () => new AbortSignal()],
  ["abort detached", () => { try { const { abort } = new AbortController(); abort(); } catch (error) { return error.name; } }],
  ["tags", () => [Object.prototype.toString.call(new AbortController()), Object.prototype.toString.call(AbortSignal.abort())]],
  ["onabort", () => {
    const { signal } = new AbortController();
    const before = signal.onabort;
    const f = () => {};
    signal.onabort = f;
    const set = signal.onabort === f;
    signal.onabort = 5;
    return [before, set, signal.onabort];
  }],
  ["onabort keeps its place", () => {
    const controller = new AbortController();
    const seen = [];
    controller.signal.onabort = () => seen.push("first");
    listen(controller.signal, "abort", seen, "listener");
    controller.signal.onabort = () => seen.push("second");
    controller.abort();
    return seen;
  }],
  ["signal removes listener", () => {
    const controller = new AbortController();
    const target = new EventTarget();
    const seen = [];
    target.addEventListener("x", () => seen.push("x"), { signal: controller.signal });
    target.dispatchEvent(new Event("x"));
    controller.abort();
    target.dispatchEvent(new Event("x"));
    target.addEventListener("x", () => seen.push("late"), { signal: controller.signal });
    target.dispatchEvent(new Event("x"));
    return seen;
  }],

  ["event", () => fields(new Event("x"))],
  ["event with init", () => fields(new Event("x", { bubbles: true, cancelable: true, composed: true }))],
  ["event type kinds", () => [null, undefined, 1, {}].map((type) => new Event(type).type)],
  ["event init kinds", () => [null, undefined, {}].map((init) => new Event("x", init).bubbles)],
  ["event init refused", () => { try { new Event("x", 1); } catch (error) { return error.name; } }],
  ["event nothing", () => new Event()],
  ["event constants", () => [Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE]],
  ["event time", () => typeof new Event("x").timeStamp],
  ["prevent", () => { const event = new Event("x", { cancelable: true }); event.preventDefault(); return fields(event); }],
  ["prevent in vain", () => { const event = new Event("x"); event.preventDefault(); return event.defaultPrevented; }],
  ["returnValue", () => { const event = new Event("x", { cancelable: true }); event.returnValue = false; return event.defaultPrevented; }],
  ["cancelBubble", () => { const event = new Event("x"); event.cancelBubble = true; return event.cancelBubble; }],
  ["custom event", () => { const event = new CustomEvent("x", { detail: { a: 1 }, bubbles: true }); return [event.detail, event.bubbles, new CustomEvent("x").detail, event instanceof Event]; }],
  ["event tags", () => [new Event("x"), new CustomEvent("x"), new EventTarget()].map((one) => Object.prototype.toString.call(one))],
  ["dispatch", () => {
    const target = new EventTarget();
    const seen = [];
    const event = new Event("x", { cancelable: true });
    target.addEventListener("x", function (e) { seen.push([e === event, this === target, e.target === target, e.currentTarget === target, e.eventPhase, e.composedPath().length]); });
    const result = target.dispatchEvent(event);
    return [seen, result, event.eventPhase, event.currentTarget, event.target === target];
  }],
  ["dispatch prevented", () => { const target = new EventTarget(); target.addEventListener("x", (e) => e.preventDefault()); return [target.dispatchEvent(new Event("x", { cancelable: true })), target.dispatchEvent(new Event("x"))]; }],
  ["dispatch passive", () => { const target = new EventTarget(); target.addEventListener("x", (e) => e.preventDefault(), { passive: true }); return target.dispatchEvent(new Event("x", { cancelable: true })); }],
  ["dispatch no event", () => { try { new EventTarget().dispatchEvent({ type: "x" }); } catch (error) { return [error.name, error.code]; } }],
  ["dispatch again within", () => { const target = new EventTarget(); let caught; target.addEventListener("x", (e) => { try { target.dispatchEvent(e); } catch (error) { caught = error.name; } }); target.dispatchEvent(new Event("x")); return caught !== undefined; }],
  ["order", () => { const target = new EventTarget(); const seen = []; for (const name of ["a", "b", "c"]) listen(target, "x", seen, name); target.dispatchEvent(new Event("x")); return seen; }],
  ["once", () => { const target = new EventTarget(); const seen = []; target.addEventListener("x", () => seen.push("x"), { once: true }); target.dispatchEvent(new Event("x")); target.dispatchEvent(new Event("x")); return seen; }],
  ["twice the same", () => { const target = new EventTarget(); const seen = []; const f = () => seen.push("x"); target.addEventListener("x", f); target.addEventListener("x", f); target.addEventListener("x", f, { once: true }); target.dispatchEvent(new Event("x")); return seen; }],
  ["capture is another", () => { const target = new EventTarget(); const seen = []; const f = () => seen.push("x"); target.addEventListener("x", f); target.addEventListener("x", f, true); target.dispatchEvent(new Event("x")); target.removeEventListener("x", f, { capture: true }); target.dispatchEvent(new Event("x")); return seen; }],
  ["remove", () => { const target = new EventTarget(); const seen = []; const f = () => seen.push("x"); target.addEventListener("x", f); target.removeEventListener("x", f); target.removeEventListener("x", f); target.removeEventListener("y", null); target.dispatchEvent(new Event("x")); return seen; }],
  ["remove on the way", () => { const target = new EventTarget(); const seen = []; const f = () => seen.push("f"); target.addEventListener("x", () => { seen.push("first"); target.removeEventListener("x", f); }); target.addEventListener("x", f); target.dispatchEvent(new Event("x")); return seen; }],
  ["stop at once", () => { const target = new EventTarget(); const seen = []; target.addEventListener("x", (e) => { seen.push(1); e.stopImmediatePropagation(); }); target.addEventListener("x", () => seen.push(2)); target.dispatchEvent(new Event("x")); return seen; }],
  ["stop", () => { const target = new EventTarget(); const seen = []; target.addEventListener("x", (e) => { seen.push(1); e.stopPropagation(); }); target.addEventListener("x", () => seen.push(2)); target.dispatchEvent(new Event("x")); return seen; }],
  ["handleEvent", () => { const target = new EventTarget(); const seen = []; const listener = { handleEvent(e) { seen.push(e.type, this === listener); } }; target.addEventListener("x", listener); target.dispatchEvent(new Event("x")); return seen; }],
  ["null listener", () => new EventTarget().addEventListener("x", null)],
  ["bad listener", () => { try { new EventTarget().addEventListener("x", "y"); } catch (error) { return [error.name, error.code]; } }],
  ["add one", () => new EventTarget().addEventListener("x")],
  ["subclass", () => { class Mine extends EventTarget { x = 1; } const target = new Mine(); let seen; target.addEventListener("x", function () { seen = this.x; }); target.dispatchEvent(new Event("x")); return seen; }],
  ["subclass of Event", () => { class Mine extends Event { constructor(type, extra) { super(type); this.extra = extra; } } const target = new EventTarget(); let seen; target.addEventListener("m", (e) => { seen = [e.extra, e instanceof Mine, e.type]; }); target.dispatchEvent(new Mine("m", 7)); return seen; }],
];
