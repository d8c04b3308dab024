// node:os, as a small Linux machine that shows nothing of the real one.
import { UV_UDP_REUSEADDR, dlopen, errno, priority, signals } from "unenv/node/internal/os/constants";
import { refused } from "./unsupported.js";

const fixed = (values) => Object.freeze({ __proto__: null, ...values });

export const constants = fixed({ UV_UDP_REUSEADDR, dlopen: fixed(dlopen), errno: fixed(errno), priority: fixed(priority), signals: fixed(signals) });

const text = (options, value) => (options?.encoding === "buffer" ? globalThis.Buffer.from(value) : value);

export const os = {
  EOL: "\n",
  arch: function arch() {
    return "x64";
  },
  availableParallelism: function availableParallelism() {
    return 1;
  },
  constants,
  cpus: function cpus() {
    return [];
  },
  devNull: "/dev/null",
  endianness: function endianness() {
    return "LE";
  },
  freemem: function freemem() {
    return 64 << 20;
  },
  getPriority: function getPriority() {
    return 0;
  },
  homedir: function homedir() {
    return "/";
  },
  hostname: function hostname() {
    return "usher";
  },
  loadavg: function loadavg() {
    return [0, 0, 0];
  },
  machine: function machine() {
    return "x86_64";
  },
  networkInterfaces: function networkInterfaces() {
    return {};
  },
  platform: function platform() {
    return "linux";
  },
  release: function release() {
    return "6.1.0";
  },
  setPriority: refused("os.setPriority", "an action has no process of its own"),
  tmpdir: function tmpdir() {
    return "/tmp";
  },
  totalmem: function totalmem() {
    return 64 << 20;
  },
  type: function type() {
    return "Linux";
  },
  uptime: function uptime() {
    return performance.now() / 1000;
  },
  userInfo: function userInfo(options) {
    return { uid: 1000, gid: 1000, username: text(options, "usher"), homedir: text(options, "/"), shell: null };
  },
  version: function version() {
    return "#1 SMP";
  },
};
