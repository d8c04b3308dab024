// the sync form and the callback's
import { parse as parseSync } from "csv-parse/sync";
import { parse } from "csv-parse";

console.log(parseSync('a,b\n1,"x, y"\n2,"ö"', { columns: true }));
console.log(await new Promise((resolve, reject) => parse("1;2\n3;4", { delimiter: ";", cast: true }, (error, rows) => (error ? reject(error) : resolve(rows)))));
