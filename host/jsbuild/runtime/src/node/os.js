// node:os, as a small Linux machine that shows nothing of the real one.
import { UV_UDP_REUSEADDR, dlopen, errno, priority, signals } from "unenv/node/internal/os/constants";
import { refused } from "./unsupported.js";

export const constants = { UV_UDP_REUSEADDR, dlopen, errno, priority, signals };

const text = (options, value) => (options?.encoding === "buffer" ? globalThis.Buffer.from(value) : value);

export const os = {
  EOL: "\n",
  arch: () => "x64",
  availableParallelism: () => 1,
  constants,
  cpus: () => [],
  devNull: "/dev/null",
  endianness: () => "LE",
  freemem: () => 64 << 20,
  getPriority: () => 0,
  homedir: () => "/",
  hostname: () => "usher",
  loadavg: () => [0, 0, 0],
  machine: () => "x86_64",
  networkInterfaces: () => ({}),
  platform: () => "linux",
  release: () => "6.1.0",
  setPriority: refused("os.setPriority", "an action has no process of its own"),
  tmpdir: () => "/tmp",
  totalmem: () => 64 << 20,
  type: () => "Linux",
  uptime: () => performance.now() / 1000,
  userInfo: (options) => ({ uid: 1000, gid: 1000, username: text(options, "usher"), homedir: text(options, "/"), shell: null }),
  version: () => "#1 SMP",
};
