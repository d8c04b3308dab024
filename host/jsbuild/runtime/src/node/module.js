// node:module: packages ask it what is built in.
import { refused, UnsupportedInSandboxError } from "./unsupported.js";

const bundled = "an action is bundled when it is built: use import or require with the package's name written out";

// Those that are there only in actions that ask for them by name.
const later = ["assert", "assert/strict", "crypto", "http", "https", "module", "punycode", "stream", "stream/consumers", "stream/promises", "stream/web", "url", "zlib"];
const prefixed = new Set(["sqlite", "test"]); // known with "node:" before them only

// makeModule returns node:module for the given builtins, which it lists and
// whose createRequire knows them.
export function makeModule(builtins) {
  const plain = (id) => String(id).replace(/^node:/, "");
  const known = new Set([...Object.keys(builtins), ...later]);
  const names = () => [...known].filter((name) => !prefixed.has(name)).sort();

  function createRequire() {
    const require = (id) => {
      if (plain(id) in builtins) return builtins[plain(id)];
      throw new UnsupportedInSandboxError(`require(${JSON.stringify(id)}) by module.createRequire()`, bundled);
    };
    return Object.assign(require, { resolve: (id) => id, cache: {}, extensions: {}, main: undefined });
  }

  function Module(id = "") {
    Object.assign(this, { id, path: "/", exports: {}, filename: null, loaded: false, children: [], paths: [] });
  }

  return Object.assign(Module, {
    Module,
    _cache: {},
    _extensions: {},
    _load: refused("module._load", bundled),
    _resolveFilename: refused("module._resolveFilename", bundled),
    get builtinModules() {
      return names();
    },
    createRequire,
    findSourceMap: () => undefined,
    globalPaths: [],
    isBuiltin: (id) => known.has(plain(id)) && (!prefixed.has(plain(id)) || id !== plain(id)),
    register: refused("module.register", bundled),
    syncBuiltinESMExports: () => {},
    wrap: (source) => `(function (exports, require, module, __filename, __dirname) { ${source}\n});`,
  });
}
