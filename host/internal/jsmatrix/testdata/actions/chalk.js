// styles, without colours
import { Chalk } from "chalk";

console.log(JSON.stringify(new Chalk({ level: 1 }).red.bold("x")), new Chalk({ level: 0 }).red("x"));
