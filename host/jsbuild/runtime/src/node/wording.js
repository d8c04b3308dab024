// The engine's error messages in the words of V8, which people know and search for.
// A message stays as it is where V8's has more than the engine knows.

const wordings = new Map([
  [TypeError.prototype, [
    [/^cannot read property 'Symbol\.iterator' of (undefined|null)$/, "$1 is not iterable (cannot read property Symbol(Symbol.iterator))"],
    [/^cannot read property '([^]*)' of (undefined|null)$/, "Cannot read properties of $2 (reading '$1')"],
    [/^cannot set property '([^]*)' of (undefined|null)$/, "Cannot set properties of $2 (setting '$1')"],
    [/^cannot convert symbol to string$/, "Cannot convert a Symbol value to a string"],
    [/^BigInt are forbidden in JSON\.stringify$/, "Do not know how to serialize a BigInt"],
    [/^circular reference$/, "Converting circular structure to JSON"],
  ]],
  [ReferenceError.prototype, [[/^(.+) is not initialized$/, "Cannot access '$1' before initialization"]]],
  [RangeError.prototype, [[/^invalid array length$/, "Invalid array length"]]],
  [URIError.prototype, [[/^(expecting hex digit|malformed UTF-8|expecting surrogate pair)$/, "URI malformed"]]],
]);

const { getPrototypeOf, getOwnPropertyDescriptor, defineProperty } = Object;

// reword gives an error that has just been made V8's words when it has the engine's.
// It can't know which code made the error, so it looks at the class, too.
export function reword(error) {
  const found = wordings.get(getPrototypeOf(error));
  const message = found && getOwnPropertyDescriptor(error, "message")?.value;
  if (typeof message !== "string") return;
  const words = found.find(([engine]) => engine.test(message));
  if (words) defineProperty(error, "message", { value: message.replace(...words) });
}
