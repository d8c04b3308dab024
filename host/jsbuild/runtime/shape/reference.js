// Writes what Node offers, the reference: needs the Node whose level the runtime has.
//
//   node shape/reference.js         writes shape/node22.txt
//
// A line begins with the number of characters that it shares with the line before.
import { readFileSync, writeFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { shapeOf } from "./collect.js";

const file = new URL("node22.txt", import.meta.url);
const header = (version) => `# What Node ${version} offers: written by "node shape/reference.js".`;

// readReference returns the lines, and the names of the modules.
export function readReference() {
  let last = "";
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(1).map((line) => {
    const [, shared, rest] = /^(\d+) (.*)$/.exec(line);
    return (last = last.slice(0, Number(shared)) + rest);
  });
  const modules = lines.flatMap((line) => /^node:([a-z0-9_/]+): (?:object|function)/.exec(line)?.[1] ?? []);
  return { lines, modules };
}

function write() {
  if (!process.version.startsWith("v22.")) throw new Error(`the reference is Node 22's shape, and this is ${process.version}`);
  process.removeAllListeners("warning");
  const modules = [...builtinModules.filter((name) => !name.startsWith("_")), "sea", "sqlite", "test", "test/reporters"].map((name) => name.replace(/^node:/, ""));
  let last = "";
  const lines = shapeOf(createRequire(import.meta.url), [...new Set(modules)].sort()).map((line) => {
    let shared = 0;
    while (shared < line.length && line[shared] === last[shared]) shared++;
    last = line;
    return `${shared} ${line.slice(shared)}`;
  });
  writeFileSync(file, [header(process.version), ...lines, ""].join("\n"));
}

if (process.argv[1] === new URL(import.meta.url).pathname) write();
