// The message of what Promise.any rejects with: the engine gives it none. Of the errors of
// a constructor, which have a stack, it is empty.
const { prototype } = AggregateError;

Object.defineProperty(prototype, "message", {
  get() {
    return this === prototype || Object.hasOwn(this, "stack") ? "" : "All promises were rejected";
  },
  set(value) {
    Object.defineProperty(this, "message", { value, writable: true, enumerable: true, configurable: true });
  },
  enumerable: false,
  configurable: true,
});
