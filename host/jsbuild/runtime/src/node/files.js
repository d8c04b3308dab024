// The files that an action's code reads and that are in its bundle, as node:fs
// shows them. There are no others.
import { Buffer } from "./buffer.js";
import { path as posix } from "./path.js";
import { refused, rejecting } from "./unsupported.js";

const held = new Map(); // by path

// give adds a file: its content as a string in encoding, and its size in bytes.
export function give(path, content, encoding, size) {
  held.set(path, { path, content, encoding, size });
}

function find(name) {
  if (Buffer.isBuffer(name)) name = String(name);
  if (name instanceof URL) name = name.protocol === "file:" ? decodeURIComponent(name.pathname) : "";
  return typeof name === "string" ? held.get(posix.resolve("/", name)) : undefined;
}

function read({ content, encoding }, options) {
  const wanted = typeof options === "string" ? options : options?.encoding;
  if (encoding === "utf8" && /^utf-?8$/i.test(wanted ?? "")) return content;
  const bytes = Buffer.from(content, encoding);
  return wanted && wanted !== "buffer" ? bytes.toString(wanted) : bytes;
}

class Stats {
  constructor(size) {
    const ms = { atimeMs: 0, mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0 };
    const dates = { atime: new Date(0), mtime: new Date(0), ctime: new Date(0), birthtime: new Date(0) };
    Object.assign(this, { dev: 0, mode: 0o100444, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, ino: 0, size, blocks: Math.ceil(size / 512) }, ms, dates);
  }
  isFile() {
    return true;
  }
}

for (const kind of ["Directory", "BlockDevice", "CharacterDevice", "SymbolicLink", "FIFO", "Socket"]) {
  Object.defineProperty(Stats.prototype, `is${kind}`, { value: () => false, writable: true, configurable: true });
}

const stat = ({ size }) => new Stats(size);
const operations = { readFile: read, stat, lstat: stat, access: () => undefined, realpath: ({ path }) => path };

const named = (name, f) => Object.defineProperty(f, "name", { value: name });

// filesOf returns the functions of node:fs that read such files, direct, and those
// of node:fs/promises. They refuse other files and say what to do instead.
export function filesOf(instead) {
  const direct = { existsSync: (path) => find(path) !== undefined, exists: (path, callback) => queueMicrotask(() => callback(find(path) !== undefined)) };
  const promised = {};
  for (const [name, operation] of Object.entries(operations)) {
    const [later, now, promise] = [refused(`fs.${name}`, instead), refused(`fs.${name}Sync`, instead), rejecting(`fs.promises.${name}`, instead)];
    direct[`${name}Sync`] = named(`${name}Sync`, (path, options) => {
      const file = find(path);
      return file ? operation(file, options) : now();
    });
    direct[name] = named(name, (path, ...rest) => {
      const [file, callback] = [find(path), rest.at(-1)];
      if (!file || typeof callback !== "function") return later();
      const result = operation(file, rest[0] === callback ? undefined : rest[0]);
      queueMicrotask(() => callback(null, result));
    });
    promised[name] = named(name, async (path, options) => {
      const file = find(path);
      return file ? operation(file, options) : promise();
    });
  }
  return { direct, promised };
}
