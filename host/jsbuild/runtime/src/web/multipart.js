// multipart/form-data, there and back.
import { native } from "../native.js";
import { File, blobBytes, concat } from "./blob.js";
import { formEntries, formOf } from "./form.js";
import { decodeUtf8 } from "./utf8.js";

// encodeForm returns a form as {source, type}: text when it holds no file.
export function encodeForm(form) {
  const boundary = `----formdata-${hex(native.random(12))}`;
  const pieces = formEntries(form).flatMap(([name, value]) => encodePart(boundary, name, value));
  pieces.push(`--${boundary}--\r\n`);
  const type = `multipart/form-data; boundary=${boundary}`;
  if (pieces.every((piece) => typeof piece === "string")) return { source: pieces.join(""), type };
  const bytes = pieces.map((piece) => (typeof piece === "string" ? native.utf8_encode(piece) : piece));
  return { source: concat(bytes), type };
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function encodePart(boundary, name, value) {
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escape(lines(name))}"`;
  if (typeof value === "string") return [`${head}\r\n\r\n${lines(value)}\r\n`];
  const type = value.type || "application/octet-stream";
  const file = `${head}; filename="${escape(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`;
  return [file, blobBytes(value), "\r\n"];
}

const lines = (string) => string.replace(/\r\n|\r|\n/g, "\r\n");
const escapes = { "\n": "%0A", "\r": "%0D", '"': "%22" };
const escape = (string) => string.replace(/[\n\r"]/g, (c) => escapes[c]);
const unescape = (string) => string.replace(/%0A|%0D|%22/gi, (c) => String.fromCharCode(parseInt(c.slice(1), 16)));

// decodeForm returns the form that bytes hold between boundaries. It throws
// when they are malformed.
export function decodeForm(bytes, boundary) {
  const parser = new Parser(bytes);
  const line = native.utf8_encode(`--${boundary}`);
  const entries = [];
  parser.skipTo(line);
  for (;;) {
    if (parser.takeText("--")) return formOf(entries);
    if (!parser.takeText("\r\n")) throw malformed();
    const head = parser.head();
    const body = parser.until(concat([native.utf8_encode("\r\n"), line]));
    entries.push(entryOf(head, body));
  }
}

export function malformed() {
  return new TypeError("Failed to parse body as FormData.");
}

class Parser {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  // skipTo passes line breaks before the first boundary, and the boundary.
  skipTo(line) {
    while (this.takeText("\r\n"));
    if (this.#find(line, this.#at) !== this.#at) throw malformed();
    this.#at += line.length;
  }

  takeText(string) {
    for (let i = 0; i < string.length; i++) {
      if (this.#bytes[this.#at + i] !== string.charCodeAt(i)) return false;
    }
    this.#at += string.length;
    return true;
  }

  until(mark) {
    const end = this.#find(mark, this.#at);
    if (end < 0) throw malformed();
    const part = this.#bytes.slice(this.#at, end);
    this.#at = end + mark.length;
    return part;
  }

  // head reads the lines up to an empty one: {name in lower case: value}.
  head() {
    const head = Object.create(null);
    while (!this.takeText("\r\n")) {
      const line = decodeUtf8(this.until(lineEnd));
      const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):(.*)$/.exec(line) ?? [];
      if (!name) throw malformed();
      head[name.toLowerCase()] = value.trim();
    }
    return head;
  }

  #find(mark, from) {
    const last = this.#bytes.length - mark.length;
    for (let i = this.#bytes.indexOf(mark[0], from); i >= 0 && i <= last; i = this.#bytes.indexOf(mark[0], i + 1)) {
      let same = 1;
      while (same < mark.length && this.#bytes[i + same] === mark[same]) same++;
      if (same === mark.length) return i;
    }
    return -1;
  }
}

const lineEnd = new Uint8Array([13, 10]);

function entryOf(head, body) {
  const { name, filename } = parametersOf(head["content-disposition"] ?? "");
  if (name === undefined) throw malformed();
  if (filename === undefined) return [name, decodeUtf8(body).replace(/^\ufeff/, "")];
  return [name, new File([body], filename, { type: head["content-type"] ?? "text/plain" })];
}

// parametersOf reads a Content-Disposition of form-data: every parameter is
// NAME="VALUE".
function parametersOf(disposition) {
  if (!/^form-data(?:[\t ]*;[\t ]*[^\s;="]+="[^"]*")+[\t ]*$/i.test(disposition)) throw malformed();
  const found = disposition.matchAll(/;[\t ]*([^\s;="]+)="([^"]*)"/g);
  return Object.fromEntries(Array.from(found, ([, key, value]) => [key.toLowerCase(), unescape(value)]));
}
