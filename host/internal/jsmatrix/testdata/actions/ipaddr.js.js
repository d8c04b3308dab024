// parse, match
import ipaddr from "ipaddr.js";

console.log(ipaddr.parse("2001:db8::1").toNormalizedString(), ipaddr.parse("10.1.2.3").match(ipaddr.parseCIDR("10.0.0.0/8")), ipaddr.process("::ffff:1.2.3.4").kind());
