// a key, encrypt and decrypt with a password
import * as openpgp from "openpgp";

const message = await openpgp.createMessage({ text: "hello" });
const armored = await openpgp.encrypt({ message, passwords: ["secret"], format: "armored" });
const { data } = await openpgp.decrypt({ message: await openpgp.readMessage({ armoredMessage: armored }), passwords: ["secret"] });
console.log(data, armored.split("\n")[0]);
