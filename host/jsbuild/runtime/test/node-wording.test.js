import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./engine.js";
import { same } from "./node-same.js";

test("mistakes are reported in the words of Node", async () => {
  await same({
    corpus: `
      undefined.x
      null["a b"]
      undefined[Symbol.iterator]
      (void 0).x = 1
      { const [a] = undefined; return a }
      { for (const a of null) return a }
      { const a = {}; a.a = a; try { JSON.stringify(a) } catch ({ message }) { return message.split("\\n")[0] } }
      JSON.stringify({ n: 1n })
      new Array(-1)
      \`\${Symbol("s")}\`
      { const sum = early + 1; let early = 1; return sum }
      decodeURIComponent("%")
      decodeURIComponent("%ff")
      encodeURIComponent("\\ud800")
      (undefined ?? null).x.y
    `,
    differences: {
      "{ const [a] = undefined; return a }": "throws TypeError |  | undefined is not iterable (cannot read property Symbol(Symbol.iterator))",
      "{ for (const a of null) return a }": "throws TypeError |  | null is not iterable (cannot read property Symbol(Symbol.iterator))",
    },
  });
});

test("the words of an action's own errors are its own", async () => {
  const { logs } = await run(`exports.onExecutePostUserRegistration = async () => {
    console.log(new Error("circular reference").message, new RangeError("expecting hex digit").message);
    class Mine extends TypeError {}
    console.log(new Mine("cannot read property 'x' of undefined").message);
  };`);
  assert.deepEqual(logs.map(({ message }) => message), ["circular reference expecting hex digit", "cannot read property 'x' of undefined"]);
});
