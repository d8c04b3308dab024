// bundle.js FILE node|workerd OUT: bundles an action for a peer as its own
// users would.
"use strict";
const { resolve } = require("node:path");
const { builtinModules } = require("node:module");
const { buildSync } = require("esbuild");

const worker = `
  import action from "ACTION";
  export default {
    async fetch(request) {
      try {
        await action.onExecutePostUserRegistration(await request.json(), {});
        return new Response("ok");
      } catch (error) {
        return new Response(String(error), { status: 500 });
      }
    },
  };`;

const [, , file, peer, out] = process.argv;
const shared = { bundle: true, minify: true, outfile: out, define: { "process.env.NODE_ENV": '"production"' } };
if (peer === "node") {
  buildSync({ ...shared, entryPoints: [file], platform: "node", format: "cjs" });
} else {
  const external = builtinModules.flatMap((name) => [name, `node:${name}`]);
  const contents = worker.replace("ACTION", resolve(file));
  const stdin = { contents, resolveDir: __dirname };
  const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire("/");' };
  buildSync({ ...shared, stdin, banner, platform: "browser", format: "esm", conditions: ["workerd", "worker", "browser"], external });
}
