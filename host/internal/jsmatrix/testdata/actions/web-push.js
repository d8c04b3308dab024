// generateVAPIDKeys, sendNotification
// 201 POST push.example.com/send
import webpush from "web-push";
import { createECDH } from "crypto";

const keys = webpush.generateVAPIDKeys();
webpush.setVapidDetails("mailto:hello@example.com", keys.publicKey, keys.privateKey);
const browser = createECDH("prime256v1");
browser.generateKeys();
const details = webpush.generateRequestDetails({ endpoint: "https://push.example.com/send", keys: { p256dh: browser.getPublicKey("base64url"), auth: Buffer.alloc(16).toString("base64url") } }, "hello");
console.log(details.method, details.headers["Content-Encoding"], details.body.length, details.headers.Authorization.startsWith("vapid t="));
await fetch(details.endpoint, { method: "POST", body: "x" }).then((r) => console.log(r.status));
