// What the standards' own Web IDL, as npm package @webref/idl has it, says of
// the shape of each interface that the runtime has.
import { readFile } from "node:fs/promises";
import { parse } from "webidl2";

const files = ["dom", "fetch", "url", "encoding", "streams", "compression", "FileAPI", "xhr", "hr-time", "user-timing", "webidl"];
const wanted =
  "AbortController AbortSignal Blob ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy CustomEvent DOMException DecompressionStream " +
  "Event EventTarget File FormData Headers Performance PerformanceMark PerformanceMeasure ReadableByteStreamController ReadableStream " +
  "ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader Request Response TextDecoder " +
  "TextDecoderStream TextEncoder TextEncoderStream TransformStream TransformStreamDefaultController URL URLSearchParams WritableStream " +
  "WritableStreamDefaultController WritableStreamDefaultWriter";

// checks returns a list of {name, kind, owner, …}, which shape understands.
export async function checks() {
  const folder = new URL(".", import.meta.resolve("@webref/idl/package.json"));
  const strings = await Promise.all(files.map((file) => readFile(new URL(`${file}.idl`, folder), "utf8")));
  const all = strings.flatMap((text) => parse(text));
  return wanted.split(" ").flatMap((owner) => ofInterface(owner, all));
}

function ofInterface(owner, all) {
  const own = all.filter((part) => part.type === "interface" && part.name === owner);
  const mixins = all.filter((part) => part.type === "includes" && part.target === owner).map((part) => part.includes);
  const mixed = all.filter((part) => part.type === "interface mixin" && mixins.includes(part.name));
  const members = [...own, ...mixed].flatMap((part) => part.members);
  const main = own.find((part) => !part.partial);
  const out = [{ name: `${owner}`, kind: "interface", owner, parent: main.inheritance, length: leastOf(members.filter((one) => one.type === "constructor")) }];
  return [...out, ...members.filter((one) => exposed(one)).flatMap((one) => ofMember(owner, one, members))];
}

// exposed leaves out what is for windows only.
function exposed({ extAttrs = [] }) {
  const rule = extAttrs.find((attribute) => attribute.name === "Exposed");
  return !rule || JSON.stringify(rule.rhs.value).match(/\*|Worker/) !== null;
}

function ofMember(owner, one, members) {
  const place = { owner, on: one.special === "static" ? "class" : "prototype" };
  switch (one.type) {
    case "attribute": {
      if (one.extAttrs.some(({ name }) => name === "LegacyUnforgeable")) return [];
      return [{ name: `${owner}.${one.name}`, kind: "attribute", key: one.name, writable: !one.readonly, ...place }];
    }
    case "operation": {
      if (!one.name) return one.special === "stringifier" ? [{ name: `${owner}.toString`, kind: "operation", key: "toString", length: 0, ...place }] : [];
      const overloads = members.filter((other) => other.type === "operation" && other.name === one.name && other.special === one.special);
      if (overloads[0] !== one) return [];
      return [{ name: `${owner}.${one.name}`, kind: "operation", key: one.name, length: leastOf(overloads), ...place }];
    }
    case "const":
      return [{ name: `${owner}.${one.name}`, kind: "constant", key: one.name, value: Number(one.value.value), ...place }];
    case "iterable":
      return ["entries", "keys", "values", "forEach"].slice(0, one.async ? 0 : 4)
        .map((key) => ({ name: `${owner}.${key}`, kind: "operation", key, length: key === "forEach" ? 1 : 0, ...place }));
  }
  return [];
}

function leastOf(overloads) {
  if (!overloads.length) return null;
  return Math.min(...overloads.map(({ arguments: list }) => list.filter((one) => !one.optional && !one.variadic).length));
}
