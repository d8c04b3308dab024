// match
import { P, match } from "ts-pattern";

console.log(match(event.user).with({ email: P.string.endsWith("@example.com") }, (u) => u.user_id).otherwise(() => "none"), match(7).with(P.number.gt(5), () => "big").exhaustive());
