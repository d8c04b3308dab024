// parse, serialize
import { parse, serialize } from "cookie";

console.log({ ...parse("a=1; b=%C3%B6") }, serialize("a", "ö", { httpOnly: true, maxAge: 60, sameSite: "lax", path: "/" }));
