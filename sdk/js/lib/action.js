// Loads an action under Node, again for each run, by the rules that hold for its
// exports in Usher.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

let loads = 0;

// entries are the exports that Usher calls, with the trigger of each.
const entries = { onExecutePostUserRegistration: "post-user-registration", onExecutePreUserRegistration: "pre-user-registration" };

// load evaluates the action and returns {entry, handler}: the export of this name, or,
// without a name, the only one that serves a trigger.
export async function load(path, wanted) {
  const exported = await evaluate(path);
  if (typeof exported !== "object" || exported === null) throw new Error("The Action must export an object.");
  const found = (name) => exported[name] ?? exported.default?.[name];
  const served = Object.keys(entries).filter((name) => found(name) !== undefined);
  if (!wanted && served.length > 1) throw new TypeError(`the action serves ${served.map((name) => entries[name]).join(" and ")}: choose with {entry: "${served[0]}"}`);
  const entry = wanted ?? served[0] ?? Object.keys(entries)[0];
  const handler = found(entry);
  if (typeof handler !== "function" || handler.constructor?.name !== "AsyncFunction") {
    throw new Error(`Invalid function signature for the "${entry}" handler. Use "exports.${entry} = async function(event, api) { }" as the signature.`);
  }
  return { entry, handler };
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
