// an expression with a function
import jsonata from "jsonata";

console.log(await jsonata("$sum(items.(price * n)) & ' ' & $uppercase(name)").evaluate({ name: "jö", items: [{ price: 2, n: 3 }, { price: 1, n: 1 }] }), await jsonata("$now()").evaluate({}).then((t) => typeof t));
