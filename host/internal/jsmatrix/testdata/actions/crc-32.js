// str, buf
import CRC32 from "crc-32";

console.log(CRC32.str("jö"), CRC32.buf([1, 2, 3]), CRC32.bstr("abc"));
