// TextEncoder and TextDecoder: UTF-8 by the engine, UTF-16 and windows-1252
// (with it Latin-1 and ASCII) here.
import { native } from "../native.js";
import { bytesOf, coded, expose, show, text, wrongType } from "./idl.js";
import { Utf8 } from "./utf8.js";

export class TextEncoder {
  get encoding() {
    return "utf-8";
  }
  encode(input = "") {
    return native.utf8_encode(text(input));
  }
  encodeInto(source, destination) {
    if (typeof source !== "string") throw wrongType("src", "of type string", source);
    if (!(destination instanceof Uint8Array)) throw wrongType("dest", "an instance of Uint8Array", destination);
    const string = source.toWellFormed();
    const bytes = native.utf8_encode(string);
    if (bytes.length <= destination.length) {
      destination.set(bytes);
      return { read: string.length, written: bytes.length };
    }
    return encodePart(bytes, destination);
  }
}
expose(TextEncoder, "TextEncoder");
show(TextEncoder, () => ({ encoding: "utf-8" }));

function encodePart(bytes, destination) {
  let written = destination.length;
  while (written > 0 && (bytes[written] & 0xc0) === 0x80) written--;
  const part = bytes.subarray(0, written);
  destination.set(part);
  return { read: native.utf8_decode(part).length, written };
}

const labels = {
  "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
  "utf-16be": "unicodefffe utf-16be",
  "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
  "windows-1252":
    "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 " +
    "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
};
const names = new Map(Object.entries(labels).flatMap(([name, list]) => list.split(" ").map((label) => [label, name])));
const decoders = {
  "utf-8": (fatal) => new Utf8(fatal),
  "utf-16le": (fatal) => new Utf16(fatal, 0),
  "utf-16be": (fatal) => new Utf16(fatal, 1),
  "windows-1252": () => new Windows1252(),
};

export class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #decoder = null;
  #bomSeen = false;

  constructor(label = "utf-8", options = undefined) {
    this.#encoding = names.get(`${label}`.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "").toLowerCase());
    if (!this.#encoding) {
      throw coded(RangeError, "ERR_ENCODING_NOT_SUPPORTED", `The "${label}" encoding is not supported`);
    }
    if (options != null && typeof options !== "object" && typeof options !== "function") {
      throw wrongType("options", "of type object", options);
    }
    this.#fatal = !!options?.fatal;
    this.#ignoreBOM = !!options?.ignoreBOM;
  }

  get encoding() {
    return this.#encoding;
  }
  get fatal() {
    return this.#fatal;
  }
  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input = new Uint8Array(), options = undefined) {
    const bytes = bytesOf(input);
    if (!bytes) {
      const message = 'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.';
      throw coded(TypeError, "ERR_INVALID_ARG_TYPE", message);
    }
    const more = !!options?.stream;
    const decoder = (this.#decoder ??= decoders[this.#encoding](this.#fatal));
    if (!more) this.#decoder = null;
    try {
      return this.#withoutMark(decoder.decode(bytes, more), more);
    } catch (error) {
      this.#decoder = null;
      this.#bomSeen = false;
      throw error;
    }
  }

  #withoutMark(string, more) {
    const first = !this.#bomSeen;
    this.#bomSeen = more && (this.#bomSeen || string !== "");
    if (!first || this.#ignoreBOM || this.#encoding === "windows-1252") return string;
    return string.charCodeAt(0) === 0xfeff ? string.slice(1) : string;
  }
}
expose(TextDecoder, "TextDecoder");
show(TextDecoder, ({ encoding, fatal, ignoreBOM }) => ({ encoding, fatal, ignoreBOM }));

export function malformed(encoding) {
  return coded(
    TypeError,
    "ERR_ENCODING_INVALID_ENCODED_DATA",
    `The encoded data was not valid for encoding ${encoding}`,
  );
}

const chunk = 8192;

function fromCodes(codes) {
  let string = "";
  for (let i = 0; i < codes.length; i += chunk) {
    string += String.fromCharCode.apply(null, codes.subarray(i, i + chunk));
  }
  return string;
}

class Utf16 {
  #fatal;
  #high; // where a unit's high byte stands: 1 in little endian, 0 in big endian
  #rest = []; // an odd byte
  #surrogate = ""; // a high surrogate that may go on

  constructor(fatal, big) {
    this.#fatal = fatal;
    this.#high = big ? 0 : 1;
  }

  decode(bytes, more) {
    let string = this.#surrogate + fromCodes(this.#units(bytes));
    this.#surrogate = "";
    if (more && /[\ud800-\udbff]$/.test(string)) {
      this.#surrogate = string.slice(-1);
      string = string.slice(0, -1);
    }
    const cut = !more && this.#rest.length > 0;
    if (this.#fatal && (cut || !string.isWellFormed())) throw malformed(this.#high ? "utf-16le" : "utf-16be");
    // A unit that was cut off takes a lone surrogate before it along.
    if (cut) string = `${string.replace(/[\ud800-\udbff]$/, "")}\ufffd`;
    return string.toWellFormed();
  }

  #units(bytes) {
    const all = this.#rest.length ? new Uint8Array([...this.#rest, ...bytes]) : bytes;
    this.#rest = all.length % 2 ? [all[all.length - 1]] : [];
    const units = new Uint16Array(all.length >> 1);
    for (let i = 0; i < units.length; i++) {
      units[i] = (all[2 * i + this.#high] << 8) | all[2 * i + 1 - this.#high];
    }
    return units;
  }
}

const windows1252 =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
  "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

class Windows1252 {
  decode(bytes) {
    return fromCodes(bytes).replace(/[\x80-\x9f]/g, (c) => windows1252[c.charCodeAt(0) - 0x80]);
  }
}
