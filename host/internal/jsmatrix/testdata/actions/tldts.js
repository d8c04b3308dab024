// parse
import { getDomain, parse } from "tldts";

console.log(parse("https://www.example.co.uk/x"), getDomain("jo@mail.example.com"));
