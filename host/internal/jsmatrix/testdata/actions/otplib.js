// a TOTP of a fixed time
import { authenticator, totp } from "otplib";

console.log(authenticator.clone({ epoch: 1700000000000 }).generate("KVKFKRCPNZQUYMLXOVYDSQKJKZDTSRLD"), totp.clone({ epoch: 1700000000000 }).check("000000", "secret"));
