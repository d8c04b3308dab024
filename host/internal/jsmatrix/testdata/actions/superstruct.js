// assert, the failures
import { StructError, array, assert, number, object, optional, string } from "superstruct";

const User = object({ id: string(), n: optional(number()), tags: array(string()) });
assert({ id: "1", tags: [] }, User);
try {
  assert({ id: 1, tags: ["a", 2] }, User);
} catch (error) {
  console.log(error instanceof StructError, error.message, [...error.failures()].length);
}
