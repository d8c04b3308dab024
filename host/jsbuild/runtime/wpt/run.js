// npm run wpt: counts the cases of each area in which the runtime says what
// Node says. It fails below the minimum and, with the Node that intended.json is
// written for, at a difference that is not intended and at one that no longer exists.
import { readFile } from "node:fs/promises";
import { areas, compare, compareShapes, intended } from "./differential.js";

const minimum = JSON.parse(await readFile(new URL("minimum.json", import.meta.url), "utf8"));
const known = process.versions.node.startsWith(`${minimum.node}.`);
const meant = await intended();
const faults = [];
let passed = 0;

for (const area of await areas()) {
  const { total, same, differ } = await compare(area);
  const reasons = meant[area] ?? {};
  const unmeant = differ.filter(({ name }) => !(name in reasons));
  const gone = Object.keys(reasons).filter((name) => !differ.some((one) => one.name === name));
  console.log(`${area.padEnd(10)} ${same} of ${total} as Node, ${differ.length - unmeant.length} differ on purpose, ${unmeant.length} differ`);
  passed += total - unmeant.length;
  if (same < (minimum[area] ?? total)) faults.push(`${area}: ${same} cases as Node, the minimum is ${minimum[area] ?? total}`);
  if (known) faults.push(...unmeant.map((one) => reported(area, one)), ...gone.map((name) => `${area}: ${name} does not differ any more: take it out of intended.json`));
}

const { total, faults: shapes } = await compareShapes();
const wrong = Object.keys(shapes);
const unmeant = wrong.filter((name) => !(name in meant.idl));
console.log(`${"idl".padEnd(10)} ${total - wrong.length} of ${total} as the standards' IDL, ${wrong.length - unmeant.length} differ on purpose, ${unmeant.length} differ`);
passed += total - unmeant.length;
if (total - wrong.length < minimum.idl) faults.push(`idl: ${total - wrong.length} members as the standards', the minimum is ${minimum.idl}`);
faults.push(...unmeant.map((name) => `idl: ${name} ${shapes[name]}`));

if (!known) console.log(`only the minimum counts: intended.json is written for Node ${minimum.node}, this is ${process.version}`);
if (faults.length) console.log(faults.join("\n"));
console.log(`${passed} passed, ${faults.length} failed`);
process.exit(faults.length ? 1 : 0);

function reported(area, { name, node, engine }) {
  return `${area}: ${name}\n  Node says ${JSON.stringify(node)}\n  we say    ${JSON.stringify(engine)}`;
}
