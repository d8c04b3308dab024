// encodings both ways
import iconv from "iconv-lite";

console.log(iconv.encode("jö", "win1252").toString("hex"), iconv.decode(Buffer.from("82a0", "hex"), "Shift_JIS"), iconv.encode("jö", "utf16le").toString("hex"), iconv.encodingExists("gbk"));
