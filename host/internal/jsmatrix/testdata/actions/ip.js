// cidr, private ranges
import ip from "ip";

console.log(ip.cidrSubnet("192.168.1.134/26").networkAddress, ip.isPrivate("10.1.1.1"), ip.toLong("127.0.0.1"), ip.fromPrefixLen(24));
