// hash and compare with cost 6
import bcrypt from "bcryptjs";

const hash = await bcrypt.hash("secret", 6);
console.log(hash.length, await bcrypt.compare("secret", hash), await bcrypt.compare("other", hash));
console.log(bcrypt.hashSync("secret", "$2b$06$abcdefghijklmnopqrstuu"));
