// nanoid, customAlphabet
import { nanoid, customAlphabet } from "nanoid";

console.log(nanoid().length, nanoid() === nanoid(), /^[ab]{5}$/.test(customAlphabet("ab", 5)()));
