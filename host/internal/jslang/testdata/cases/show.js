// show writes any value as one line that is the same in every engine: no messages of
// errors, no source of functions. What is long is cut, and ends with a hash of the whole.
const most = 120;

exports.show = (value) => {
  const whole = write(value, 0);
  if (whole.length <= most) return whole;
  let hash = 0x811c9dc5;
  for (let i = 0; i < whole.length; i++) hash = Math.imul(hash ^ whole.charCodeAt(i), 0x01000193);
  return `${whole.slice(0, most)}… ${whole.length} ${(hash >>> 0).toString(16)}`;
};

function write(v, depth) {
  if (typeof v === "string") return JSON.stringify(v);
  if (typeof v === "bigint") return `${v}n`;
  if (typeof v === "function") return `function ${JSON.stringify(v.name)} ${v.length}`;
  if (Object.is(v, -0)) return "-0";
  if (typeof v !== "object" || v === null) return String(v);
  return depth > 4 ? "…" : object(v, depth + 1);
}

function object(v, depth) {
  const inner = (x) => write(x, depth);
  if (v === globalThis) return "globalThis";
  if (Object.hasOwn(v, "constructor") && v.constructor?.prototype === v) return `prototype of ${v.constructor.name}`;
  if (Array.isArray(v)) return `[${elements(v, inner)}]`;
  if (v instanceof Error) return v.name + (v.cause === undefined ? "" : ` cause ${inner(v.cause)}`) + (v.errors ? inner(v.errors) : "");
  if (v instanceof Date) return isNaN(v) ? "Invalid Date" : `Date ${v.toISOString()}`;
  if (v instanceof RegExp) return `${v} at ${v.lastIndex}`;
  if (v instanceof Map) return `Map ${inner([...v])}`;
  if (v instanceof Set) return `Set ${inner([...v])}`;
  if (v instanceof ArrayBuffer) return `ArrayBuffer ${inner([...new Uint8Array(v)])}`;
  if (v instanceof DataView) return `DataView ${v.byteOffset} ${v.byteLength}`;
  if (ArrayBuffer.isView(v)) return `${v.constructor.name} ${inner([...v])}`;
  if (v instanceof Promise) return "Promise";
  for (const boxed of [String, Number, Boolean, BigInt, Symbol]) if (v instanceof boxed && v !== boxed.prototype) return `Object(${inner(v.valueOf())})`;
  if (typeof v.next === "function" && v[Symbol.toStringTag]) return `${v[Symbol.toStringTag]} ${drained(v, inner)}`;
  return `${Object.getPrototypeOf(v) === null ? "null " : ""}{${properties(v, Reflect.ownKeys(v), inner)}}`;
}

function elements(v, inner) {
  const parts = [];
  for (let i = 0; i < Math.min(v.length, 50); i++) parts.push(Object.hasOwn(v, i) ? inner(v[i]) : "");
  if (v.length > 50) parts.push(`… ${v.length}`);
  const named = Reflect.ownKeys(v).filter((k) => k !== "length" && !(String(Number(k.toString().replace(/^Symbol.*/, "x"))) === k));
  return parts.join(", ") + (named.length > 0 ? `; ${properties(v, named, inner)}` : "");
}

function properties(v, keys, inner) {
  return keys.map((key) => {
    const d = Object.getOwnPropertyDescriptor(v, key);
    const flags = (d.writable === false ? "-w" : "") + (d.enumerable ? "" : "-e") + (d.configurable ? "" : "-c");
    const name = typeof key === "symbol" ? `[${key.description}]` : key;
    return `${name}${flags}: ${d.get || d.set ? (d.get ? "get" : "") + (d.set ? "set" : "") : inner(d.value)}`;
  }).join(", ");
}

function drained(iterator, inner) {
  if (iterator[Symbol.asyncIterator]) return "";
  const parts = [];
  for (let i = 0; i < 6; i++) {
    const { value, done } = iterator.next();
    if (done) break;
    parts.push(inner(value));
  }
  return `of ${parts.join(", ")}`;
}
