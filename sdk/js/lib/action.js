// Loads an action under Node, again for each run, by the rules that hold for its
// exports in Usher.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

let loads = 0;

// load evaluates the action and returns the handler that serves entry.
export async function load(path, entry) {
  const exported = await evaluate(path);
  if (typeof exported !== "object" || exported === null) throw new Error("The Action must export an object.");
  const handler = exported[entry] ?? exported.default?.[entry];
  if (typeof handler !== "function" || handler.constructor?.name !== "AsyncFunction") {
    throw new Error(`Invalid function signature for the "${entry}" handler. Use "exports.${entry} = async function(event, api) { }" as the signature.`);
  }
  return handler;
}

async function evaluate(path) {
  const source = await readFile(path, "utf8");
  switch (extname(path)) {
    case ".ts":
    case ".mts":
    case ".cts":
      return evaluateScript(path, transpile(path, source));
    case ".mjs":
      return evaluateModule(path);
    case ".cjs":
      return evaluateScript(path, source);
    default:
      return isModule(path, source) ? evaluateModule(path) : evaluateScript(path, source);
  }
}

// isModule reports whether source, of a .js file, is an ES module: it does not
// compile as a script.
function isModule(path, source) {
  try {
    compile(path, source);
    return false;
  } catch (error) {
    if (error instanceof SyntaxError && /import|export|await is only valid/.test(error.message)) return true;
    throw error;
  }
}

function compile(path, source) {
  return vm.compileFunction(source, ["module", "exports", "require"], {
    filename: path,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

function evaluateScript(path, source) {
  const module = { exports: {} };
  const require = createRequire(path);
  const versionless = Object.assign((name) => require(withoutVersion(name)), require);
  compile(path, source).call(module.exports, module, module.exports, versionless);
  return module.exports;
}

// withoutVersion turns "axios@1.2.3" into "axios", which is what is installed.
function withoutVersion(name) {
  return name.replace(/^((?:@[^/]+\/)?[^/@]+)@[^/]+/, "$1");
}

async function evaluateModule(path) {
  return { ...(await import(`${pathToFileURL(path)}?run=${++loads}`)) };
}

// transpile takes the types off, with the TypeScript that the action's folder
// has installed.
function transpile(path, source) {
  let typescript;
  try {
    typescript = createRequire(path)("typescript");
  } catch (error) {
    throw new Error(`${path} is TypeScript: run "npm install --save-dev typescript@5" in ${dirname(path)}, or test it with engine: "usher"`, { cause: error });
  }
  return typescript.transpileModule(source, {
    fileName: path,
    compilerOptions: { module: "CommonJS", target: "ES2022", esModuleInterop: true, inlineSourceMap: true },
  }).outputText;
}
