// inherit makes the function Class a subclass of Base, with the members of the
// class Members. Classes of Node that are functions can be called on an object
// of the program's own, as util.inherits has it.
export function inherit(Class, Base, Members) {
  Object.setPrototypeOf(Class, Base);
  Object.setPrototypeOf(Class.prototype, Base.prototype);
  const members = Object.getOwnPropertyDescriptors(Members.prototype);
  for (const name of Reflect.ownKeys(members)) {
    const member = members[name];
    if (name !== "constructor") Object.defineProperty(Class.prototype, name, { ...member, enumerable: "value" in member });
  }
}
