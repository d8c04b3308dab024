// plus, times, toFixed
import Big from "big.js";

console.log(new Big("0.1").plus("0.2").toString(), new Big(10).div(3).toFixed(5), new Big(2).pow(64).toString());
