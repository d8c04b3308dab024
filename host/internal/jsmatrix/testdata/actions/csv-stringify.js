// the sync form
import { stringify } from "csv-stringify/sync";

console.log(stringify([{ a: 1, b: 'x, "y"' }, { a: 2, b: null }], { header: true, delimiter: ";" }));
