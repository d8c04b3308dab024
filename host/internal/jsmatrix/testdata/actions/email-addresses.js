// parseOneAddress, parseAddressList
import addrs from "email-addresses";

console.log(addrs.parseOneAddress("Jo Doe <jo@example.com>").local, addrs.parseAddressList("a@b.com, C <c@d.org>").map((a) => a.address), addrs.parseOneAddress("no"));
