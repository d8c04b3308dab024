// a block
import { Netmask } from "netmask";

const block = new Netmask("10.0.0.0/12");
console.log(block.mask, block.size, block.contains("10.0.8.10"), block.broadcast);
