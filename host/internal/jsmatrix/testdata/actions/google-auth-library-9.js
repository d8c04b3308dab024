// JWT: a token by a service account's key, a request
// 200 POST www.googleapis.com/oauth2/v4/token {"access_token":"at1","expires_in":3600,"token_type":"Bearer"}
// 200 POST oauth2.googleapis.com/token {"access_token":"at1","expires_in":3600,"token_type":"Bearer"}
// 200 GET www.googleapis.com/calendar {"items":[]}
import { JWT } from "google-auth-library-9";
import { generateKeyPairSync } from "crypto";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
const client = new JWT({ email: "bot@example.com", key: privateKey, scopes: ["https://www.googleapis.com/auth/calendar"] });
console.log((await client.request({ url: "https://www.googleapis.com/calendar/v3/calendars" })).data);
