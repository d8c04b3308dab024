// Writes ../../NODE.md, the differences between Node and an action, with their reasons.
//
//   node shape/update.js
import { readFileSync, writeFileSync } from "node:fs";
import { differences, shapeHere, written } from "./differences.js";
import { readReference } from "./reference.js";
import { reasons } from "./reasons.js";

const page = new URL("../../NODE.md", import.meta.url);

// found returns the differences as they are.
export async function found() {
  const { lines, modules } = readReference();
  return differences(lines, await shapeHere(modules)).map(written);
}

// listed returns the differences on the page.
export function listed() {
  return readFileSync(page, "utf8").split("\n").filter((line) => /^[-+!] \S/.test(line) && line.includes(": "));
}

async function update() {
  const all = await found();
  const groups = reasons.map(([, reason]) => ({ reason, lines: [] }));
  for (const line of all) {
    const i = reasons.findIndex(([pattern]) => pattern.test(line));
    if (i < 0) throw new Error(`there is no reason for this difference: ${line}`);
    groups[i].lines.push(line);
  }
  const sections = groups.filter(({ lines }) => lines.length > 0).map(({ reason, lines }) => `## ${reason}\n\n${lines.length} differences:\n\n\`\`\`\n${lines.join("\n")}\n\`\`\`\n`);
  const { lines } = readReference();
  writeFileSync(page, `# What differs from Node 22

What an action finds, compared with all that Node 22 has: every global, every export of
every module, and every property of a class and of its prototype, with its kind, its
flags and whether it can be called with \`new\` (${lines.length} lines). ${all.length} differ. They are listed
here with the reason; a test fails when there is another one, or when one of these is
gone.

\`-\` is not there, \`+\` is there and not in Node, \`!\` is different (Node → action). What is in
a class or module that is not there is left out. The list is written by
\`node shape/update.js\` in [runtime](runtime), from [shape/node22.txt](runtime/shape/node22.txt).

${sections.join("\n")}`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) await update();
