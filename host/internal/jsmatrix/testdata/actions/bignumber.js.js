// precision, toFormat, base conversion
import BigNumber from "bignumber.js";

console.log(new BigNumber("0.1").plus("0.2").toString(), new BigNumber("1234567.891").toFormat(2), new BigNumber(255).toString(16), new BigNumber(2).sqrt().toString());
