// nanoid, customAlphabet
import { nanoid, customAlphabet } from "nanoid";

export const onExecutePostUserRegistration = async () => {
  console.log(nanoid().length, nanoid() === nanoid(), /^[ab]{5}$/.test(customAlphabet("ab", 5)()));
};
