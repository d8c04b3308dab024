// nanoid, customAlphabet
import { customAlphabet, nanoid } from "nanoid-3";

console.log(nanoid().length, nanoid() !== nanoid(), /^[ab]{5}$/.test(customAlphabet("ab", 5)()));
