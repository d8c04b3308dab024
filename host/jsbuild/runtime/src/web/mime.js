// MIME types, as far as bodies need them.
const shape = /^[\t\n\r ]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)[\t\n\r ]*(?:;(.*))?$/s;
const parameters = /([^;="\s]+)=(?:"((?:[^"\\]|\\.)*)"|([^;]*))/gs;

// parseType returns {essence, parameters} of a Content-Type, or null when it
// is none. Of several, joined as headers are, the last counts.
export function parseType(type) {
  const list = (type ?? "").match(/(?:[^",]|"(?:[^"\\]|\\.)*"?)+/gs) ?? [];
  return list.map(parseOne).findLast(Boolean) ?? null;
}

function parseOne(type) {
  const found = shape.exec(type);
  if (!found) return null;
  const values = {};
  for (const [, name, quoted, plain] of (found[2] ?? "").matchAll(parameters)) {
    values[name.toLowerCase()] ??= quoted === undefined ? plain.trim() : quoted.replace(/\\(.)/gs, "$1");
  }
  return { essence: found[1].toLowerCase(), parameters: values };
}

// blobType returns a Content-Type as a Blob's type is written.
export function blobType(type) {
  const parsed = parseType(type);
  if (!parsed) return "";
  const list = Object.entries(parsed.parameters).map(([name, value]) => `;${name}=${quote(value)}`);
  return (parsed.essence + list.join("")).toLowerCase();
}

function quote(value) {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
