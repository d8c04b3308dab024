// functions by name
import { camelCase, groupBy, merge } from "lodash-es";

console.log(groupBy([1, 2, 3], (n) => n % 2), camelCase("hello big world"), merge({ a: { b: 1 } }, { a: { c: 2 } }));
