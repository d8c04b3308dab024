// get, set, has
import { deleteProperty, getProperty, hasProperty, setProperty } from "dot-prop";

const o = { a: { b: 1 } };
setProperty(o, "a.c", 2);
console.log(getProperty(o, "a.b"), hasProperty(o, "a.x"), deleteProperty(o, "a.b"), o);
