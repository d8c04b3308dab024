// initializeApp with a certificate's key, createCustomToken
import { initializeApp, cert } from "firebase-admin/app";
import { getAuth } from "firebase-admin/auth";
import { generateKeyPairSync } from "crypto";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
const app = initializeApp({ credential: cert({ projectId: "p", clientEmail: "bot@example.com", privateKey }) });
const token = await getAuth(app).createCustomToken(event.user.user_id, { plan: "free" });
console.log(JSON.parse(Buffer.from(token.split(".")[1], "base64url")).uid);
