// object, transform, the issues of what does not fit
import { z } from "zod";

const User = z.object({ user_id: z.string().min(1), email: z.email().transform((text) => text.toUpperCase()), age: z.number().int().optional() });
console.log(User.parse(event.user));
const { error } = User.safeParse({ user_id: "", email: "no", age: 1.5 });
console.log(error.issues.map((issue) => [issue.path.join("."), issue.code, issue.message]));
