// Compares the runtime with Node, case by case.
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { run } from "../test/engine.js";
import { evaluate } from "./evaluate.js";
import { checks } from "./idl.js";
import { host, listen } from "./server.js";

const folder = fileURLToPath(new URL(".", import.meta.url));
const base = "http://server.test";

// areas returns the names of the corpora.
export async function areas() {
  const files = await readdir(new URL("corpus", import.meta.url));
  return files.map((file) => file.replace(/\.js$/, "")).sort();
}

// compare runs a corpus here and in the engine. It returns {total, same, differ}:
// differ lists {name, node, engine} where they say different things.
export async function compare(area) {
  const node = await inNode(area);
  const engine = await evaluated(area);
  const names = Object.keys(node);
  const text = (outcome) => JSON.stringify(outcome);
  const differ = names.filter((name) => text(node[name]) !== text(engine[name]));
  return { total: names.length, same: names.length - differ.length, differ: differ.map((name) => ({ name, node: node[name], engine: engine[name] })) };
}

// outcomes returns what Node says to a corpus, asking the server at address.
export async function outcomes(area, address) {
  return evaluate((await import(`./corpus/${area}.js`)).default, address);
}

async function inNode(area) {
  const server = await listen();
  try {
    return await outcomes(area, server.base);
  } finally {
    server.close();
  }
}

// compareShapes checks the interfaces against the standards' IDL: it returns
// {total, faults}.
export async function compareShapes() {
  const list = await checks();
  const faults = await inEngine("idl", `import { shape } from "./shape.js";`, `shape(${JSON.stringify(list)})`);
  return { total: list.length, faults };
}

function evaluated(area) {
  const imports = `import { evaluate } from "./evaluate.js"; import cases from "./corpus/${area}.js";`;
  return inEngine(area, imports, `await evaluate(cases, ${JSON.stringify(base)})`);
}

// inEngine returns what an expression comes to in an action.
async function inEngine(area, imports, expression) {
  const source = `${imports}
    export async function onExecutePostUserRegistration() {
      await fetch("http://result.test/", { method: "POST", body: JSON.stringify(${expression}) });
    }`;
  const result = await run(source, { resolveDir: folder, timeout_ms: 1e7, http: answerOf });
  const last = result.requests.at(-1);
  if (last?.url !== "http://result.test/") throw new Error(`${area} came to no result: ${JSON.stringify(result.error ?? result)}`);
  return JSON.parse(last.body);
}

function answerOf(request) {
  return request.url.startsWith("http://result.test") ? { status: 204 } : host(request);
}

// intended returns {area: {case: why it may differ}}.
export async function intended() {
  return JSON.parse(await readFile(new URL("intended.json", import.meta.url), "utf8"));
}
