// Buffers hold in the engine what they hold in Node.
import { test } from "node:test";
import { same } from "./node-same.js";

const strings = ['"héllo wörld"', '"😀 emoji"', '"\\ud800 lone"', '"aGVsbG8="', '"aGVs bG8_-x"', '"68656c6c6f"', '"abc"', '"6x"', '""', '"a"', '"YQ"', '"Pz8/Pz4+"', '"\\u00ff\\u0100"'];
const encodings = ["utf8", "hex", "base64", "base64url", "latin1", "ascii", "utf16le", "binary", "ucs2", "UTF-8"];

test("text goes in and out as in Node", async () => {
  await same({
    corpus: strings.flatMap((text) => encodings.flatMap((encoding) => [
      `Buffer.from(${text}, "${encoding}")`,
      `Buffer.from(${text}).toString("${encoding}")`,
      `Buffer.byteLength(${text}, "${encoding}")`,
    ])).join("\n"),
    // Node gives up where text has characters beyond Latin-1.
    differences: Object.fromEntries(["base64", "base64url"].map((encoding) => [`Buffer.from("😀 emoji", "${encoding}")`, "<Buffer 7a 6a 23>"])),
  });
});

test("the rest of Buffer is as in Node", async () => {
  await same({
    prelude: 'const buffer = require("buffer"); const b = Buffer.from("hello world"); const filled = (n, f) => { const x = Buffer.alloc(n); f(x); return x; };',
    corpus: `
      Buffer.from([1, 256, -1, 3.7, "5"])
      Buffer.from(new Uint16Array([1, 258]))
      Buffer.from(new Uint8Array([1, 2, 3]).buffer, 1, 2)
      Buffer.from(new Uint8Array([1, 2, 3]).buffer, 4)
      Buffer.from({ length: 2, 0: 7, 1: 8 })
      Buffer.from(JSON.parse(JSON.stringify(b)))
      Buffer.from(new String("boxed"))
      Buffer.from({ [Symbol.toPrimitive]() { return "prim"; } })
      Buffer.from(5)
      Buffer.from(null)
      Buffer.from(undefined)
      Buffer.from({})
      Buffer.from(true)
      Buffer.from("x", "nope")
      Buffer.of(1, 2, 3)
      Buffer.alloc(3, "ab")
      Buffer.alloc(4, 0x1ff)
      Buffer.alloc(4, "aGk=", "base64")
      Buffer.alloc("5")
      { try { return Buffer.alloc(-1); } catch (e) { return e.code; } }
      Buffer.concat([b, Buffer.from("!")]).toString()
      Buffer.concat([b, b], 14).toString()
      Buffer.concat([], 3)
      Buffer.concat("x")
      Buffer.concat([1])
      Buffer.compare(Buffer.from("a"), Buffer.from("b"))
      Buffer.compare("a", b)
      Buffer.isBuffer(b) && !Buffer.isBuffer(new Uint8Array(1))
      ["utf8", "UTF8", "utf-8", "hex", "base64url", "nope", "", 1].map(Buffer.isEncoding)
      Buffer.byteLength(new ArrayBuffer(7))
      Buffer.byteLength(5)
      Buffer.byteLength("x", "nope")
      b.toString("utf8", 2, 5)
      b.toString("utf8", -3, 100)
      b.toString("nope")
      b.slice(-5, -1).toString()
      b.subarray(0, 5).toString()
      b.subarray(1, 3) instanceof Buffer
      b.slice(0, 2).buffer === b.buffer
      b.equals(Buffer.from("hello world"))
      b.equals("x")
      b.indexOf("o")
      b.indexOf("o", 5)
      b.indexOf("o", -4)
      b.indexOf("zz")
      b.indexOf(0x6c)
      b.indexOf(Buffer.from("wor"))
      b.lastIndexOf("o")
      b.includes("world")
      b.includes("6f", "hex")
      b.indexOf("bG8", "base64")
      filled(8, (x) => x.write("hello", 2))
      filled(8, (x) => x.write("héllo€", 1, 5, "utf8"))
      filled(4, (x) => x.write("€€"))
      filled(4, (x) => x.write("6869", "hex"))
      filled(4, (x) => x.write("aGk", 1, "base64"))
      Buffer.alloc(4).write("abc", 5)
      Buffer.alloc(4).write(5)
      filled(8, (x) => x.fill("ab", 1, 6))
      filled(4, (x) => x.fill("616", "hex"))
      filled(4, (x) => x.fill(257))
      filled(4, (x) => x.fill(""))
      filled(8, (x) => x.writeInt32BE(-2, 4))
      filled(8, (x) => x.writeUInt16LE(65535, 1))
      filled(8, (x) => x.writeDoubleBE(1.5))
      filled(8, (x) => x.writeFloatLE(-0.5, 2))
      filled(8, (x) => x.writeBigUInt64BE(0x0102030405060708n))
      filled(8, (x) => x.writeBigInt64LE(-1n))
      filled(8, (x) => x.writeUIntBE(0x123456, 1, 3))
      filled(8, (x) => x.writeIntLE(-5, 0, 6))
      b.readUInt8(1)
      b.readUint16BE(0)
      b.readInt32LE(2)
      b.readBigInt64BE(0)
      b.readDoubleLE(1)
      b.readUIntBE(0, 6)
      b.swap16 === undefined
      Buffer.from([1, 2, 3, 4]).swap16()
      Buffer.from([1, 2, 3, 4]).swap32()
      Buffer.from("ab").toJSON()
      [...Buffer.from("ab").entries()]
      [...Buffer.from("ab").keys(), ...Buffer.from("ab").values()]
      filled(5, (x) => b.copy(x, 1, 4, 7))
      b.copy(Buffer.alloc(3))
      b.compare(Buffer.from("hello"), 0, 5, 0, 5)
      Buffer.from("abc").map((x) => x + 1)
      Buffer.from("abc").filter((x) => x > 97)
      Buffer.from("cab").sort().toString()
      Buffer.from("abc").reverse().toString()
      Buffer.from("abc").join("-")
      JSON.stringify({ b: Buffer.from("x") })
      String(b)
      b + "!"
      "" + Buffer.from("é")
      new Buffer("old").toString()
      Buffer("call").toString()
      new Buffer(3)
      buffer.kMaxLength > 2 ** 30
      buffer.constants.MAX_LENGTH === buffer.kMaxLength
      buffer.isUtf8(Buffer.from("é")) && !buffer.isUtf8(Buffer.from([0xff]))
      buffer.isAscii(Buffer.from("a")) && !buffer.isAscii(Buffer.from("é"))
      buffer.transcode(Buffer.from("é"), "utf8", "latin1")
      Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1)
      b.latin1Slice(0, 3) + b.hexSlice(0, 2) + b.utf8Slice(3)
      class2(b)
      Object.prototype.toString.call(b)
      b.constructor === Buffer && Buffer.name === "Buffer"
      b.parent === b.buffer || b.parent === undefined
      typeof b.offset
      util.types.isUint8Array(b)
      atob("aGk=") + btoa("hi")
      Buffer.from("test").readUInt8.length >= 0
      structuredClone(new Uint8Array(Buffer.from("ab")))
    `.replace("class2(b)", "Reflect.getPrototypeOf(Buffer) === Uint8Array"),
  });
});
