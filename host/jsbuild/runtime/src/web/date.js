// What the engine's Date lacks: setters that make a date invalid, and the name of the
// time zone in its strings.
import { define } from "./idl.js";

const { prototype } = Date;
const { getTime, setTime, toString, toTimeString } = prototype;

for (const name of Object.getOwnPropertyNames(prototype)) {
  if (!name.startsWith("set") || name === "setTime") continue;
  const set = prototype[name];
  const setter = { [name](...args) {
    const before = getTime.call(this);
    const time = set.apply(this, args);
    return Number.isNaN(time) && !Number.isNaN(before) ? setTime.call(this, NaN) : time;
  } }[name];
  define(prototype, name, Object.defineProperty(setter, "length", { value: set.length, configurable: true }));
}

const zoned = (text) => (text === "Invalid Date" ? text : `${text} (Coordinated Universal Time)`);

define(prototype, "toString", { toString() {
  return zoned(toString.call(this));
} }.toString);
define(prototype, "toTimeString", { toTimeString() {
  return zoned(toTimeString.call(this));
} }.toTimeString);
