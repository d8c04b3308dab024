// powers, modular arithmetic, conversions
import BN from "bn.js";

console.log(new BN("123456789012345678901234567890").pow(new BN(3)).toString(16), new BN(7).toRed(BN.red("k256")).redInvm().toString(), new BN("ff", 16).toString());
