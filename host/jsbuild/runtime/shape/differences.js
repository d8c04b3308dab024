// The differences between what Node offers and what an action finds.
import { run } from "../test/engine.js";
import { shapeOf } from "./collect.js";

// shapeHere returns the lines of the engine.
export async function shapeHere(modules) {
  const source = `${shapeOf}
    exports.onExecutePostUserRegistration = async () => {
      const modules = { ${modules.map((name) => `${JSON.stringify(`node:${name}`)}: () => require(${JSON.stringify(`node:${name}`)})`).join(", ")} };
      console.log(JSON.stringify(shapeOf((name) => modules[name](), ${JSON.stringify(modules)})));
    };`;
  const { logs, error } = await run(source, { timeout_ms: 600_000 });
  if (error) throw new Error(`the engine can't list its shape: ${JSON.stringify(error)}`);
  return JSON.parse(logs.at(-1).message);
}

const split = (line) => {
  const at = line.search(/: | < /);
  return line[at] === ":" ? [line.slice(0, at), line.slice(at + 2)] : [`${line.slice(0, at)} <`, line.slice(at + 3)];
};

// differences returns {path, node, here} of what differs, by path; node or here is
// undefined where there is nothing. What is in something that differs so is left out.
export function differences(there, here) {
  const [node, own] = [there, here].map((lines) => new Map(lines.map(split)));
  const found = [];
  for (const path of new Set([...node.keys(), ...own.keys()])) {
    if (node.get(path) !== own.get(path)) found.push({ path, node: node.get(path), here: own.get(path) });
  }
  const lone = new Set(found.filter((d) => d.node === undefined || d.here === undefined).map((d) => d.path));
  return found.filter(({ path }) => !outer(path).some((at) => lone.has(at)));
}

// outer returns the paths of what a path is in.
function outer(path) {
  const all = [];
  for (let at = path.replace(/ <$/, ""), above; (above = at.replace(/(?:\[[^[\]]*(?:\[[^\]]*\])?[^[\]]*\]|\.[^.[]*)$/, "")) !== at; at = above) all.push(above);
  return path.endsWith(" <") ? [path.slice(0, -2), ...all] : all;
}

// written writes a difference in one line.
export function written({ path, node, here }) {
  if (here === undefined) return `- ${path}: ${node}`;
  if (node === undefined) return `+ ${path}: ${here}`;
  return `! ${path}: ${node} → ${here}`;
}
