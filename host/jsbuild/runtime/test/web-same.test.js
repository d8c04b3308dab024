// The web platform in actions, case by case as in Node and in the shape of the
// standards' IDL. `npm run wpt` prints the counts.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { areas, compare, compareShapes, intended } from "../wpt/differential.js";

const meant = await intended();
const minimum = JSON.parse(await readFile(new URL("../wpt/minimum.json", import.meta.url), "utf8"));
// Intended differences are listed for one Node: with another only the minimum counts.
const known = process.versions.node.startsWith(`${minimum.node}.`);

for (const area of await areas()) {
  test(`${area}: actions see what programs see in Node`, async () => {
    const { same, differ } = await compare(area);
    assert.ok(same >= minimum[area], `${same} cases as in Node, the minimum is ${minimum[area]}`);
    if (!known) return;
    const unmeant = differ.filter(({ name }) => !(name in (meant[area] ?? {})));
    assert.deepEqual(unmeant.map(({ name, engine }) => [name, engine]), unmeant.map(({ name, node }) => [name, node]));
    assert.deepEqual(Object.keys(meant[area] ?? {}).filter((name) => !differ.some((one) => one.name === name)), [], "no longer different");
  });
}

test("interfaces have the shape that the standards' IDL gives them", async () => {
  const { faults } = await compareShapes();
  assert.deepEqual(Object.keys(faults).sort(), Object.keys(meant.idl).sort(), JSON.stringify(faults));
});
