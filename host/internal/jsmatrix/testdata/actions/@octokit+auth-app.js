// a token of an installation
// 201 POST api.github.com/app/installations/7/access_tokens {"token":"ghs_1","expires_at":"2099-01-01T00:00:00Z","permissions":{},"repository_selection":"all"}
import { createAppAuth } from "@octokit/auth-app";
import { generateKeyPairSync } from "crypto";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
console.log((await createAppAuth({ appId: 1, privateKey, installationId: 7 })({ type: "installation" })).token);
