// Node's side of the comparison with the real engine: prints {base, outcomes,
// intended, minimum, known} on one line, then goes on serving at base until its
// input ends. With a Node that intended is not written for, known is false.
import { readFile } from "node:fs/promises";
import { areas, intended, outcomes } from "./differential.js";
import { listen } from "./server.js";

const server = await listen();
const said = {};
for (const area of await areas()) said[area] = await outcomes(area, server.base);
const minimum = JSON.parse(await readFile(new URL("minimum.json", import.meta.url), "utf8"));
const known = process.versions.node.startsWith(`${minimum.node}.`);
console.log(JSON.stringify({ base: server.base, outcomes: said, intended: await intended(), minimum, known }));
process.stdin.on("end", () => process.exit(0)).resume();
