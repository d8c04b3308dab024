// node:module: packages ask it what is built in.
import { refused, UnsupportedInSandboxError } from "./unsupported.js";

const bundled = "an action is bundled when it is built: use import or require with the package's name written out";

// makeModule returns node:module for the given builtins, which it lists and
// whose createRequire knows them.
export function makeModule(builtins) {
  const names = () => Object.keys(builtins);
  const plain = (id) => String(id).replace(/^node:/, "");

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
    isBuiltin: (id) => plain(id) in builtins,
    register: refused("module.register", bundled),
    syncBuiltinESMExports: () => {},
    wrap: (source) => `(function (exports, require, module, __filename, __dirname) { ${source}\n});`,
  });
}
