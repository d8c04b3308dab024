// a machine, an actor
import { createActor, createMachine } from "xstate";

const actor = createActor(createMachine({ initial: "a", states: { a: { on: { GO: "b" } }, b: { type: "final" } } })).start();
actor.send({ type: "GO" });
console.log(actor.getSnapshot().value, actor.getSnapshot().status);
