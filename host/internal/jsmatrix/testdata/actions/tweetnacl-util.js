// UTF-8 and base64, both ways
import util from "tweetnacl-util";

console.log(util.encodeBase64(util.decodeUTF8("jö")), util.encodeUTF8(util.decodeBase64("asO2")));
