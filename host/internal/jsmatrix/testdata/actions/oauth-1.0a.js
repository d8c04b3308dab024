// a signature with a fixed nonce
import OAuth from "oauth-1.0a";
import { createHmac } from "crypto";

const oauth = OAuth({ consumer: { key: "key", secret: "secret" }, signature_method: "HMAC-SHA1", hash_function: (base, key) => createHmac("sha1", key).update(base).digest("base64") });
oauth.getNonce = () => "nonce";
oauth.getTimeStamp = () => 1;
console.log(oauth.toHeader(oauth.authorize({ url: "https://api.example.com/a?b=c", method: "POST", data: { d: "ö" } }, { key: "t", secret: "s" })).Authorization);
