// What Request and Response have in common: reading their body.
import { makeBlob } from "./blob.js";
import { define } from "./idl.js";
import { parseJSON } from "./json.js";
import { blobType, parseType } from "./mime.js";
import { decodeForm, malformed } from "./multipart.js";
import { formOf } from "./form.js";
import { asBytes, asText } from "./payload.js";
import { URLSearchParams } from "./url.js";

// addBody gives Class the members of Body. payload(instance) returns its
// payload or null, and throws when instance is none of Class.
export function addBody(Class, payload) {
  const readers = {
    arrayBuffer: (source) => owned(source).buffer,
    blob: (source, self) => makeBlob(owned(source), blobType(self.headers.get("content-type"))),
    bytes: (source) => owned(source),
    formData: (source, self) => formData(source, self.headers.get("content-type")),
    json: (source) => parseJSON(asText(source)),
    text: asText,
  };
  for (const name in readers) {
    const read = async (self) => readers[name](await collect(payload(self)), self);
    define(Class.prototype, name, { [name]() { return read(this); } }[name], true);
  }
  getter(Class, "body", (self) => payload(self)?.stream ?? null);
  getter(Class, "bodyUsed", (self) => payload(self)?.used ?? false);
}

function getter(Class, name, get) {
  const descriptor = { get() { return get(this); }, enumerable: true, configurable: true };
  Object.defineProperty(Class.prototype, name, descriptor);
}

async function collect(payload) {
  if (!payload) return "";
  if (payload.unusable) throw new TypeError("Body is unusable: Body has already been read");
  return payload.collect();
}

// owned returns bytes that belong to the caller alone.
function owned(source) {
  return typeof source === "string" ? asBytes(source) : source.slice();
}

function formData(source, type) {
  const { essence, parameters } = parseType(type) ?? {};
  if (essence === "application/x-www-form-urlencoded") return formOf([...new URLSearchParams(asText(source))]);
  if (essence !== "multipart/form-data") {
    throw new TypeError(
      'Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".',
    );
  }
  if (!parameters.boundary) throw malformed();
  return decodeForm(asBytes(source), parameters.boundary);
}
