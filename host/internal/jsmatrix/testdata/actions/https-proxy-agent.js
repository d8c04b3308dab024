// an agent for a proxy, which must not be ignored
import { HttpsProxyAgent } from "https-proxy-agent";
import https from "https";

const agent = new HttpsProxyAgent("http://127.0.0.1:1");
await new Promise((resolve, reject) => https.get("https://api.example.com/", { agent }, resolve).on("error", reject));
