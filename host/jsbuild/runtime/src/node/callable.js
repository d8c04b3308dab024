// Classes of ours that are functions in Node, so that programs call them without new.

// callable returns a function that makes instances of Class, with new and without.
export function callable(Class) {
  function Callable(...args) {
    return Reflect.construct(Class, args, new.target ?? Callable);
  }
  const { prototype, ...own } = Object.getOwnPropertyDescriptors(Class);
  Object.defineProperties(Callable, own);
  Object.setPrototypeOf(Callable, Object.getPrototypeOf(Class));
  Callable.prototype = prototype.value;
  Object.defineProperty(prototype.value, "constructor", { value: Callable });
  return Callable;
}
