// secp256k1: sign and verify with a fixed key
import elliptic from "elliptic";

const key = new elliptic.ec("secp256k1").keyFromPrivate("11".repeat(32), "hex");
const signature = key.sign("00".repeat(31) + "ff");
console.log(key.getPublic(true, "hex"), signature.toDER("hex"), key.verify("00".repeat(31) + "ff", signature));
