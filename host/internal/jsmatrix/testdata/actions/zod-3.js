// version 3: a schema, refine, the issues of what does not fit
import { z } from "zod-3";

const user = z.object({ email: z.string().email(), age: z.number().int().optional(), tags: z.array(z.string()).default([]) }).strict();
console.log(user.parse({ email: event.user.email }), user.safeParse({ email: "no", x: 1 }).error.issues.map((i) => [i.path, i.code]));
console.log(z.union([z.string(), z.coerce.date()]).transform(String).parse("x"), await z.string().refine(async (s) => s === "y").safeParseAsync("x").then((r) => r.success));
