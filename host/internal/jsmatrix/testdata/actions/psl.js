// get, parse
import psl from "psl";

console.log(psl.get("a.b.example.co.uk"), psl.parse("mail.example.com").subdomain, psl.isValid("example.none"));
