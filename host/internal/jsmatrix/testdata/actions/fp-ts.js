// Option, Either, pipe
import * as E from "fp-ts/lib/Either.js";
import * as O from "fp-ts/lib/Option.js";
import { pipe } from "fp-ts/lib/function.js";

console.log(pipe(O.fromNullable(event.user.email), O.map((e) => e.length), O.getOrElse(() => 0)), E.left("no"), pipe(E.right(2), E.map((n) => n * 2)));
