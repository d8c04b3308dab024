// sha256, HMAC
import { sha256 } from "js-sha256";

console.log(sha256("jö"), sha256.hmac("key", "hello"), sha256.create().update("a").update("b").hex());
