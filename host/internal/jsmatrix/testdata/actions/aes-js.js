// CTR and CBC with fixed keys
import * as aes from "aes-js";

const key = Uint8Array.from({ length: 16 }, (_, i) => i);
console.log(Buffer.from(new (aes.CTR ?? aes.ModeOfOperation.ctr)(key, 5).encrypt(Buffer.from("hello"))).toString("hex"));
