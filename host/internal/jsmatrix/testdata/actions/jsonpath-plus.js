// paths with filters
import { JSONPath } from "jsonpath-plus";

console.log(JSONPath({ path: "$.books[?(@.price < 10)].title", json: { books: [{ title: "a", price: 8 }, { title: "b", price: 12 }] } }), JSONPath({ path: "$..price", json: { a: { price: 1 }, b: [{ price: 2 }] } }));
