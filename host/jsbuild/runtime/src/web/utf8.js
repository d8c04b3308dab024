// A UTF-8 decoder that takes its input in parts.
import { native } from "../native.js";
import { malformed } from "./encoding.js";

const none = new Uint8Array();

export class Utf8 {
  #fatal;
  #rest = none; // the beginning of a character whose end is not there yet

  constructor(fatal) {
    this.#fatal = fatal;
  }

  decode(bytes, more) {
    let input = bytes;
    if (this.#rest.length) input = join(this.#rest, bytes);
    if (more) {
      const cut = input.length - unfinished(input);
      this.#rest = input.slice(cut);
      input = input.subarray(0, cut);
    }
    return decodeUtf8(input, this.#fatal);
  }
}

export function join(a, b) {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

// decodeUtf8 decodes as the Encoding standard requires. The engine decodes what is
// well-formed; the rest is decoded byte by byte.
export function decodeUtf8(bytes, fatal = false) {
  const string = native.utf8_decode(bytes);
  return string.includes("\ufffd") || !string.isWellFormed() ? decodeSlowly(bytes, fatal) : string;
}

function decodeSlowly(bytes, fatal) {
  let string = "";
  for (let i = 0; i < bytes.length; ) {
    const size = sizeAt(bytes, i);
    if (size > 0) {
      string += native.utf8_decode(bytes.subarray(i, i + size));
      i += size;
      continue;
    }
    if (fatal) throw malformed("utf-8");
    string += "\ufffd";
    i += -size;
  }
  return string;
}

// sizeAt returns how many bytes from i on are well-formed text, or minus how
// many of them one U+FFFD stands for.
function sizeAt(bytes, i) {
  let end = i;
  while (end < bytes.length && bytes[end] < 0x80) end++;
  if (end > i) return end - i;
  const wanted = lengthOf(bytes[i]);
  let size = 1;
  while (size < wanted && i + size < bytes.length && continues(bytes, i, size)) size++;
  return size === wanted && wanted > 1 ? size : -size;
}

function continues(bytes, i, size) {
  const byte = bytes[i + size];
  return size === 1 ? canFollow(bytes[i], byte) : (byte & 0xc0) === 0x80;
}

// lengthOf returns how long a character is that begins with lead; 1 for what
// begins none.
function lengthOf(lead) {
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xc2 && lead < 0xe0 ? 2 : 1;
}

// unfinished returns how many bytes at the end begin a character that more
// bytes could complete.
function unfinished(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const lead = bytes[bytes.length - back];
    if ((lead & 0xc0) === 0x80) continue;
    const second = back > 1 ? bytes[bytes.length - back + 1] : undefined;
    return lengthOf(lead) > back && canFollow(lead, second) ? back : 0;
  }
  return 0;
}

function canFollow(lead, second) {
  if (second === undefined) return true;
  const low = { 0xe0: 0xa0, 0xf0: 0x90 }[lead] ?? 0x80;
  const high = { 0xed: 0x9f, 0xf4: 0x8f }[lead] ?? 0xbf;
  return second >= low && second <= high;
}
