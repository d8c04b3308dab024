import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Fakes, readFakes } from "../lib/fakes.js";
import { Network } from "../lib/network.js";

// The cases that `usher run --fakes` passes, too.
const vectors = JSON.parse(await readFile(new URL("../../../host/fake/testdata/match.json", import.meta.url)));

for (const { name, fakes, requests } of vectors) {
  test(name, async () => {
    const network = new Network(new Fakes(fakes));
    network.open();
    try {
      for (const { method, url, headers, body, want } of requests) {
        assert.match(await outcome(fetch(url, { method, headers, body })), matcher(want));
      }
    } finally {
      network.close();
    }
  });
}

async function outcome(fetching) {
  try {
    const response = await fetching;
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return `failed: ${error.message}`;
  }
}

function matcher({ status, body, error }) {
  const text = RegExp.escape ?? ((s) => s.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&"));
  return error === undefined ? new RegExp(`^${text(`${status} ${body}`)}$`) : new RegExp(`^failed: .*${text(error)}`);
}

test("files are JSON or YAML", async (t) => {
  const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const dir = await mkdtemp(`${tmpdir()}/fakes-`);
  t.after(() => rm(dir, { recursive: true }));
  await writeFile(`${dir}/fakes.json`, `[{"request": {"url": "*"}}]`);
  await writeFile(`${dir}/fakes.yaml`, `- request: { url: "*" }`);
  await writeFile(`${dir}/broken.json`, `[`);
  assert.deepEqual(await readFakes(`${dir}/fakes.json`), await readFakes(`${dir}/fakes.yaml`));
  await assert.rejects(readFakes(`${dir}/broken.json`), /broken\.json: /);
});
