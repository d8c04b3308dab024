// require as an action has it: Node's modules by name. Everything else is in the
// bundle, and bundled code finds it without this function.

import { invalidArgument, nodeError } from "./errors.js";

// plain returns a module's name without the prefix.
export const plain = (id) => (id.startsWith("node:") ? id.slice("node:".length) : id);

// Modules that are known with the prefix before them only.
export const prefixed = new Set(["sea", "sqlite", "test", "test/reporters"]);

// The names under which other versions of Node had parts of modules.
const legacy = {
  _http_agent: ["http", ({ Agent, globalAgent }) => ({ Agent, globalAgent })],
  _http_client: ["http", ({ ClientRequest }) => ({ ClientRequest })],
  _http_common: ["http", ({ METHODS }) => ({ methods: METHODS })],
  _http_incoming: ["http", ({ IncomingMessage }) => ({ IncomingMessage })],
  _http_outgoing: ["http", ({ OutgoingMessage, validateHeaderName, validateHeaderValue }) => ({ OutgoingMessage, validateHeaderName, validateHeaderValue })],
  _http_server: ["http", ({ Server, ServerResponse, STATUS_CODES }) => ({ Server, ServerResponse, STATUS_CODES })],
  _stream_duplex: ["stream", ({ Duplex }) => Duplex],
  _stream_passthrough: ["stream", ({ PassThrough }) => PassThrough],
  _stream_readable: ["stream", ({ Readable }) => Readable],
  _stream_transform: ["stream", ({ Transform }) => Transform],
  _stream_wrap: ["stream", ({ Duplex }) => Duplex],
  _stream_writable: ["stream", ({ Writable }) => Writable],
  _tls_common: ["tls", ({ SecureContext, createSecureContext }) => ({ SecureContext, createSecureContext })],
  _tls_wrap: ["tls", (tls) => tls],
};

export const legacyNames = Object.keys(legacy);

// builtinOf returns the module of Node that id names, undefined when there is none.
export function builtinOf(builtins, id) {
  const name = plain(id);
  if (prefixed.has(name) && name === id) return undefined;
  if (!Object.hasOwn(builtins, name) && Object.hasOwn(legacy, name) && Object.hasOwn(builtins, legacy[name][0])) {
    builtins[name] = legacy[name][1](builtins[legacy[name][0]]);
  }
  return Object.hasOwn(builtins, name) ? builtins[name] : undefined;
}

// makeRequire returns a require for the given builtins.
export function makeRequire(builtins) {
  function require(id) {
    check(id, "id");
    const found = builtinOf(builtins, id);
    if (found === undefined) throw missing(id);
    return found;
  }

  function resolve(id) {
    check(id, "request");
    if (id.startsWith("/usher/") || builtinOf(builtins, id) !== undefined) return id;
    throw missing(id);
  }

  resolve.paths = () => null;
  return Object.assign(require, { resolve, cache: Object.create(null), extensions: Object.create(null), main: undefined });
}

function check(id, name) {
  if (typeof id !== "string") throw invalidArgument(name, "of type string", id);
  if (id === "") throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument '${name}' must be a non-empty string. Received ''`);
}

function missing(id) {
  if (id.startsWith("node:")) return nodeError(Error, "ERR_UNKNOWN_BUILTIN_MODULE", `No such built-in module: ${id}`);
  const error = new Error(`Cannot find module '${id}': an action holds only what its code names in full, as in require("axios")`);
  return Object.assign(error, { code: "MODULE_NOT_FOUND", requireStack: [] });
}
