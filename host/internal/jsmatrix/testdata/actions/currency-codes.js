// a code, a country
import cc from "currency-codes";

console.log(cc.code("EUR").digits, cc.country("japan")[0].code);
