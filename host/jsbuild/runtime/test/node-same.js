// The same expressions in Node and in the engine: what they give must be the
// same text.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { run } from "./engine.js";

const require = createRequire(import.meta.url);

// same evaluates each line of the corpora, an expression or the body of an
// async function, in both engines. prelude is run before them. differences are
// the lines of which the results are known to differ, each with the engine's:
// the test fails when they come to agree.
export async function same({ prelude = "", corpus, differences = {} }) {
  const lines = corpus.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("//"));
  const source = program(prelude, lines);
  const there = await inEngine(source);
  await retried(async () => {
    const here = await inNode(source);
    assert.equal(here.length, lines.length);
    const wrong = lines.flatMap((line, i) => problem(line, there[i], here[i], differences));
    assert.equal(wrong.length, 0, `${wrong.length} of ${lines.length} differ:\n\n${wrong.join("\n\n")}`);
  });
}

// retried compares with Node up to five times. The engine here has a clock of
// its own; Node has the machine's, and on a busy one its timers may come late.
export async function retried(compare) {
  for (let left = 4; ; left--) {
    try {
      return await compare();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

function problem(line, engine, node, differences) {
  if (!(line in differences)) return engine === node ? [] : [`${line}\n  engine: ${engine}\n  node:   ${node}`];
  if (engine === node) return [`${line}\n  is no longer different`];
  return engine === differences[line] ? [] : [`${line}\n  engine: ${engine}\n  known:  ${differences[line]}`];
}

function program(prelude, lines) {
  const functions = lines.map((line) => `async () => { ${line.startsWith("{") ? line : `return (${line})`} }`);
  return `const util = require("util"); ${prelude}
    const cases = [${functions.join(",\n")}];
    const shown = (value) => typeof value === "string" ? value : util.inspect(value);
    const frameless = (value) => value.replace(/\\n *(at |\\.\\.\\. \\d+ lines matching).*/g, "");
    async function results() {
      const out = [];
      for (const one of cases) {
        try { out.push(frameless(shown(await one()))); }
        catch (e) { out.push("throws " + [e?.name, e?.code, e?.message].join(" | ")); }
      }
      return out;
    }
    exports.onExecutePostUserRegistration = async () => { console.log(JSON.stringify(await results())); };
    exports.results = results;`;
}

async function inNode(source) {
  const module = {};
  new Function("require", "exports", source)(require, module);
  return module.results();
}

async function inEngine(source) {
  const { logs, error } = await run(source);
  assert.equal(error, undefined, JSON.stringify(error));
  return JSON.parse(logs.at(-1).message);
}
