// exp, ln, sqrt, rounding
import Decimal from "decimal.js";

console.log(new Decimal(2).sqrt().toString(), Decimal.exp(1).toString(), Decimal.ln(10).toString(), new Decimal("1.005").toDecimalPlaces(2).toString());
