// a string, bytes
import md5 from "md5";

console.log(md5("jö"), md5(Buffer.from([1, 2, 3])));
