// The secrets of shared modules, which the code of the action must not see. A
// run's event comes with them, and they are taken out of it before any of that code
// gets the event. This module calls nothing that the action could have changed, and
// sets nothing that an accessor of the action's could catch: it took what it needs
// of the language before the action was loaded.

const { defineProperty, ownKeys } = Reflect;
const { create, getOwnPropertyDescriptors } = Object;
const { call } = Function.prototype;
const startsWith = call.bind(String.prototype.startsWith);
const lastIndexOf = call.bind(String.prototype.lastIndexOf);
const slice = call.bind(String.prototype.slice);
const evaluateGlobally = globalThis.eval;

// A module may ask for what is not there, and a getter of the action's on
// Object.prototype would be asked with the object in hand. So these objects have
// a prototype of their own, with what that one had at first.
const prototype = create(null, getOwnPropertyDescriptors(Object.prototype));

const prefix = "actions:";

let byModule = create(null); // the run's secrets, by module

// takeSecrets takes the shared modules' secrets out of event.
export function takeSecrets(event) {
  byModule = create(null);
  const secrets = event?.secrets;
  if (typeof secrets !== "object" || secrets === null) return;
  const names = ownKeys(secrets);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (typeof name !== "string" || !startsWith(name, prefix)) continue;
    const at = lastIndexOf(name, "/");
    const module = slice(name, prefix.length, at);
    byModule[module] ??= create(prototype);
    defineProperty(byModule[module], slice(name, at + 1), {
      __proto__: null,
      value: secrets[name],
      writable: true,
      enumerable: true,
      configurable: true,
    });
    delete secrets[name];
  }
}

// handOver returns what gives each shared module its "actions" object. It is
// for the first code of a bundle alone.
//
// Code that is evaluated in the place of its call sees all names of the bundle,
// and with them what shared modules keep to themselves. So where there are
// such modules, eval is for global code.
export function handOver() {
  globalThis.eval = (code) => evaluateGlobally(code);
  return (module) => ({
    __proto__: prototype,
    get secrets() {
      return byModule[module] ?? create(prototype);
    },
  });
}
