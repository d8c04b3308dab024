// add, allocate, toFormat
import Dinero from "dinero.js";

const price = Dinero({ amount: 1000, currency: "EUR" });
console.log(price.add(Dinero({ amount: 250, currency: "EUR" })).getAmount(), price.allocate([50, 25, 25]).map((d) => d.getAmount()), price.toFormat("$0,0.00"));
