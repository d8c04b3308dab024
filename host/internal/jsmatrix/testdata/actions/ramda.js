// pipe, path, lenses
import * as R from "ramda";

console.log(R.pipe(R.filter((n) => n > 1), R.map(R.inc), R.sum)([1, 2, 3]), R.path(["user", "email"], event), R.over(R.lensProp("a"), R.negate, { a: 1 }));
