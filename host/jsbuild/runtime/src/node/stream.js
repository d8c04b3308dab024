// node:stream. The package behind it is Node's own streams for elsewhere.
import { log } from "./log.js";
import { useStreams } from "./process.js";
import { Stream } from "./readable.js";
import * as web from "./stream-web.js";

const { Duplex, Readable, Writable } = Stream;

export const stream = Stream;

Stream.setDefaultHighWaterMark(false, 64 << 10);
Stream.duplexPair = duplexPair;
Readable.fromWeb = web.readableFromWeb;
Readable.toWeb = web.readableToWeb;
Writable.fromWeb = web.writableFromWeb;
Writable.toWeb = web.writableToWeb;
Duplex.fromWeb = ({ readable, writable }, options) => Duplex.from({ readable: web.readableFromWeb(readable, options), writable: web.writableFromWeb(writable, options) });
Duplex.toWeb = (duplex) => ({ readable: web.readableToWeb(duplex), writable: web.writableToWeb(duplex) });

// duplexPair returns two streams: what is written to one is read from the other.
function duplexPair(options) {
  const sides = [0, 1].map((i) => new Duplex({
    ...options,
    read() {},
    write(chunk, encoding, callback) {
      sides[1 - i].push(chunk, encoding);
      callback();
    },
    final(callback) {
      sides[1 - i].push(null);
      callback();
    },
  }));
  return sides;
}

// The standard streams write to the run's log.
function output(fd, level) {
  const sink = new Writable({
    decodeStrings: false,
    write(chunk, _, callback) {
      log(level, typeof chunk === "string" ? chunk : chunk.toString());
      callback();
    },
  });
  return Object.assign(sink, { fd, isTTY: false, _isStdio: true, destroy: () => sink, end: (chunk) => chunk !== undefined && sink.write(chunk) });
}

const stdin = Object.assign(Readable.from([]), { fd: 0, isTTY: false });

useStreams({ stdin, stdout: output(1, "info"), stderr: output(2, "error") });
