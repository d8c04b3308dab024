// Text to bytes and back, in the encodings that buffers know.
import { native } from "../native.js";

const names = { utf8: "utf8", "utf-8": "utf8", hex: "hex", base64: "base64", base64url: "base64url", ascii: "ascii", latin1: "latin1", binary: "latin1", ucs2: "utf16le", "ucs-2": "utf16le", utf16le: "utf16le", "utf-16le": "utf16le" };

// normalize returns the one name of an encoding; undefined when there is no
// such encoding.
export function normalize(name) {
  if (name === undefined || name === null || name === "") return "utf8";
  return typeof name === "string" ? names[name] ?? names[name.toLowerCase()] : undefined;
}

// encode returns the bytes of text; encoding is a normalized name.
export function encode(text, encoding) {
  switch (encoding) {
    case "utf8": return native.utf8_encode(text.isWellFormed() ? text : text.toWellFormed());
    case "base64":
    case "base64url": return fromBase64(text);
    case "hex": return fromHex(text);
    case "utf16le": return units(text, 2);
    default: return units(text, 1);
  }
}

// decode returns the text of bytes; encoding is a normalized name.
export function decode(bytes, encoding) {
  switch (encoding) {
    case "utf8": return bytes.length === 0 ? "" : native.utf8_decode(plain(bytes));
    case "base64": return plain(bytes).toBase64();
    case "base64url": return plain(bytes).toBase64({ alphabet: "base64url", omitPadding: true });
    case "hex": return plain(bytes).toHex();
    case "utf16le": return characters(new Uint16Array(Uint8Array.prototype.slice.call(plain(bytes), 0, bytes.length & ~1).buffer));
    case "ascii": return characters(plain(bytes).map((byte) => byte & 0x7f));
    default: return characters(bytes);
  }
}

// plain returns bytes as an array that is no Buffer.
function plain(bytes) {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const chunk = 0x2000; // String.fromCharCode takes no more arguments than the stack holds

function characters(codes) {
  let text = "";
  for (let i = 0; i < codes.length; i += chunk) text += String.fromCharCode.apply(null, codes.subarray(i, i + chunk));
  return text;
}

function units(text, size) {
  const codes = size === 1 ? new Uint8Array(text.length) : new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) codes[i] = text.charCodeAt(i);
  return new Uint8Array(codes.buffer);
}

// fromBase64 takes both alphabets, passes over what belongs to neither, and
// ends at the first "=".
function fromBase64(text) {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    const digits = text.split("=", 1)[0].replace(/[^\w+/-]/g, "").replaceAll("-", "+").replaceAll("_", "/");
    return Uint8Array.fromBase64(digits.length % 4 === 1 ? digits.slice(0, -1) : digits);
  }
}

// fromHex ends at the first pair that is no byte.
function fromHex(text) {
  const [digits] = /^(?:[\da-f]{2})*/i.exec(text);
  return Uint8Array.fromHex(digits);
}
