// safeParse, a pipe
import * as v from "valibot";

const schema = v.object({ email: v.pipe(v.string(), v.email()), n: v.optional(v.number(), 7) });
console.log(v.parse(schema, { email: event.user.email }), v.safeParse(schema, { email: "no" }).issues.map((i) => i.message));
