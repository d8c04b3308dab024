// produce
import { produce } from "immer";

const before = { a: [1], b: { c: 1 } };
const after = produce(before, (draft) => { draft.a.push(2); });
console.log(after, before, after.b === before.b, Object.isFrozen(after));
