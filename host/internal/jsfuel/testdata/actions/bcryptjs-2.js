// hash and compare with cost 10, sync and async; hashes of known salts
const bcrypt = require("bcryptjs-2");

exports.onExecutePostUserRegistration = async () => {
  for (const [password, salt] of [["", "$2a$04$abcdefghijklmnopqrstuu"], ["pässwörd", "$2b$05$......................"], ["x".repeat(72), "$2a$04$zyxwvutsrqponmlkjihgfe"]]) {
    console.log(bcrypt.hashSync(password, salt), await bcrypt.hash(password, salt));
  }
  const hash = await bcrypt.hash("secret", 10);
  console.log(await bcrypt.compare("secret", hash), bcrypt.compareSync("other", hash));
  const progress = await new Promise((resolve, reject) => bcrypt.hash("a", 4, (error, found) => (error ? reject(error) : resolve(found.length)), () => {}));
  console.log(progress, await bcrypt.hash("a", "$2a$99$abcdefghijklmnopqrstuu").catch((error) => error.message));
};
