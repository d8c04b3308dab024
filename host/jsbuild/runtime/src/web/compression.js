// Streams that compress and decompress, by fflate, which leaves the checksums
// of what it unpacks to others: they are checked here.
import { Deflate, Gunzip, Gzip, Inflate, Unzlib, Zlib } from "fflate";
import { TransformStream } from "web-streams-polyfill";
import { join } from "./utf8.js";
import { bytesOf, coded, need } from "./idl.js";
import { Piped, pair } from "./piped.js";

function compressor(format) {
  return transform(new (pick({ gzip: Gzip, deflate: Zlib, "deflate-raw": Deflate }, format))(), null);
}

function decompressor(format) {
  const machine = new (pick({ gzip: Gunzip, deflate: Unzlib, "deflate-raw": Inflate }, format))();
  const Sum = { gzip: Crc32, deflate: Adler32 }[format];
  if (!Sum) return transform(machine, null);
  const check = new Check(new Sum());
  machine.onmember = () => check.begin();
  return transform(machine, check);
}

function pick(machines, format) {
  if (Object.hasOwn(machines, format)) return machines[format];
  const message = `The argument 'format' must be one of: 'deflate', 'deflate-raw', 'gzip'. Received '${format}'`;
  throw coded(TypeError, "ERR_INVALID_ARG_VALUE", message);
}

function transform(machine, check) {
  return new TransformStream({
    start(controller) {
      machine.ondata = (bytes) => {
        check?.add(bytes);
        if (bytes.length) controller.enqueue(bytes);
      };
    },
    transform(chunk) {
      const bytes = bytesOf(chunk)?.slice();
      if (!bytes) throw new TypeError("The chunk must be an ArrayBuffer or a view of one");
      check?.read(bytes);
      push(machine, bytes, false);
    },
    flush() {
      push(machine, new Uint8Array(), true);
      check?.end();
    },
  });
}

function push(machine, bytes, last) {
  try {
    machine.push(bytes, last);
  } catch (cause) {
    throw new TypeError(cause.message, { cause });
  }
}

// Check compares what came out with the sum at the end of what went in. Of
// several members in a row it checks none.
class Check {
  #sum;
  #members = 0;
  #tail = new Uint8Array();

  constructor(sum) {
    this.#sum = sum;
  }
  begin() {
    this.#members++;
  }
  add(bytes) {
    this.#sum.add(bytes);
  }
  read(bytes) {
    this.#tail = join(this.#tail, bytes.subarray(-8)).slice(-8);
  }
  end() {
    if (this.#members < 2 && !this.#sum.equals(this.#tail)) throw new TypeError("incorrect data check");
  }
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let i = 0; i < 8; i++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

class Crc32 {
  #value = 0xffffffff;
  #size = 0;

  add(bytes) {
    let value = this.#value;
    for (let i = 0; i < bytes.length; i++) value = table[(value ^ bytes[i]) & 255] ^ (value >>> 8);
    this.#value = value;
    this.#size += bytes.length;
  }
  equals(tail) {
    if (tail.length < 8) return false;
    const view = new DataView(tail.buffer, tail.byteOffset);
    return view.getUint32(0, true) === ~this.#value >>> 0 && view.getUint32(4, true) === this.#size >>> 0;
  }
}

class Adler32 {
  #a = 1;
  #b = 0;

  add(bytes) {
    for (const byte of bytes) {
      this.#a = (this.#a + byte) % 65521;
      this.#b = (this.#b + this.#a) % 65521;
    }
  }
  equals(tail) {
    if (tail.length < 4) return false;
    const view = new DataView(tail.buffer, tail.byteOffset + tail.length - 4);
    return view.getUint32(0) === this.#b * 65536 + this.#a;
  }
}

export class CompressionStream extends Piped {
  constructor(format) {
    need(arguments, 1, "CompressionStream constructor");
    super(compressor(format));
  }
}
pair(CompressionStream, "CompressionStream");

export class DecompressionStream extends Piped {
  constructor(format) {
    need(arguments, 1, "DecompressionStream constructor");
    super(decompressor(format));
  }
}
pair(DecompressionStream, "DecompressionStream");
