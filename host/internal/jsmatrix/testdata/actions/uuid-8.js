// v4 with its random bytes given, validate
import { v4, validate } from "uuid-8";

console.log(v4({ random: Array.from({ length: 16 }, (_, i) => i) }), validate(v4()), validate("no"));
