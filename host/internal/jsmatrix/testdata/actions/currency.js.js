// add, distribute, format
import currency from "currency.js";

console.log(currency("1,234.56").add(1).format(), currency(10).distribute(3).map(String), currency(2.5, { symbol: "€", decimal: ",", separator: "." }).format());
