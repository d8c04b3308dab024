// parse, stringify
import { parse, stringify } from "ini";

console.log(JSON.stringify(parse("a=1\n[s.t]\nb[]=x\nb[]=y")), stringify({ a: 1, s: { b: true } }));
