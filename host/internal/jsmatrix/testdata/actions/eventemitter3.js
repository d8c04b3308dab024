// on, once, off
import EventEmitter from "eventemitter3";

const emitter = new (EventEmitter.EventEmitter ?? EventEmitter)();
emitter.once("a", (x) => console.log("once", x));
emitter.on("a", (x) => console.log("on", x));
console.log(emitter.emit("a", 1), emitter.emit("a", 2), emitter.listenerCount("a"), emitter.emit("b"));
