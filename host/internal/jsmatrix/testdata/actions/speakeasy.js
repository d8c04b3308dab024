// a TOTP of a fixed time, a secret
import speakeasy from "speakeasy";

console.log(speakeasy.totp({ secret: "KVKFKRCPNZQUYMLXOVYDSQKJKZDTSRLD", encoding: "base32", time: 1700000000 }), speakeasy.generateSecret({ length: 20 }).base32.length);
