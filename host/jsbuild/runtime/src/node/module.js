// node:module: packages ask it what is built in.
import { invalidArgument, nodeError } from "./errors.js";
import { legacyNames, makeRequire, plain, prefixed } from "./require.js";
import { refused } from "./unsupported.js";

const bundled = "an action is bundled when it is built: use import or require with the package's name written out";

// Those that are there only in actions that ask for them by name.
const later = ["assert", "assert/strict", "crypto", "http", "https", "module", "punycode", "stream", "stream/consumers", "stream/promises", "stream/web", "url", "zlib"];

// makeModule returns node:module for the given builtins, which it lists and
// whose createRequire knows them.
export function makeModule(builtins) {
  const known = new Set([...Object.keys(builtins), ...later, ...legacyNames]);
  const names = () => [...known].filter((name) => !prefixed.has(name)).sort();

  // createRequire returns what has Node's modules alone: a bundle writes out what
  // the action's files require by it.
  function createRequire(path) {
    const isPath = typeof path === "string" && /^(?:\/|file:\/\/\/)/.test(path);
    if (typeof path !== "string" && !(path instanceof URL)) throw invalidArgument("filename", "a file URL object, file URL string, or absolute path string", path);
    if (typeof path === "string" && !isPath) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'filename' must be a file URL object, file URL string, or absolute path string. Received '${path}'`);
    return makeRequire(builtins);
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
    enableCompileCache: () => ({ status: Module.constants.compileCacheStatus.DISABLED }),
    findPackageJSON: () => undefined,
    findSourceMap: () => undefined,
    flushCompileCache: () => {},
    getCompileCacheDir: () => undefined,
    globalPaths: [],
    isBuiltin: (id) => typeof id === "string" && known.has(plain(id)) && (!prefixed.has(plain(id)) || id !== plain(id)),
    register: refused("module.register", bundled),
    registerHooks: refused("module.registerHooks", bundled),
    runMain: refused("module.runMain", bundled),
    stripTypeScriptTypes: refused("module.stripTypeScriptTypes", bundled),
    constants: Object.freeze({ compileCacheStatus: Object.freeze({ FAILED: 0, ENABLED: 1, ALREADY_ENABLED: 2, DISABLED: 3 }) }),
    syncBuiltinESMExports: () => {},
    wrap: (source) => `(function (exports, require, module, __filename, __dirname) { ${source}\n});`,
  });
}
