// A UTF-8 decoder that takes its input in parts.
import { native } from "../native.js";
import { malformed } from "./encoding.js";

const none = new Uint8Array();

export class Utf8 {
  #fatal;
  #rest = none; // the begin of a character whose end is still to come

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
    const string = native.utf8_decode(input);
    if (this.#fatal && !faithful(string, input)) throw malformed("utf-8");
    return string;
  }
}

export function join(a, b) {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

// faithful tells whether bytes are what string says, with nothing replaced.
function faithful(string, bytes) {
  if (!string.includes("\ufffd")) return true;
  const again = native.utf8_encode(string);
  return again.length === bytes.length && again.every((byte, i) => byte === bytes[i]);
}

// unfinished returns how many bytes at the end begin a character that more
// bytes could complete.
function unfinished(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const lead = bytes[bytes.length - back];
    if ((lead & 0xc0) === 0x80) continue;
    const wanted = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xc2 && lead < 0xe0 ? 2 : 1;
    const second = back > 1 ? bytes[bytes.length - back + 1] : undefined;
    return wanted > back && canFollow(lead, second) ? back : 0;
  }
  return 0;
}

function canFollow(lead, second) {
  if (second === undefined) return true;
  const low = { 0xe0: 0xa0, 0xf0: 0x90 }[lead] ?? 0x80;
  const high = { 0xed: 0x9f, 0xf4: 0x8f }[lead] ?? 0xbf;
  return second >= low && second <= high;
}
