// both ways
import { flatten, unflatten } from "flat";

console.log(flatten({ a: { b: [1, 2] } }), unflatten({ "a.b": 1 }));
